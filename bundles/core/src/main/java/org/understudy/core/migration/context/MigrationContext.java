// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;
import org.understudy.api.spi.VfPools.Lease;

/**
 * What all phases of one migration have from its start. What a step adds, such as the destination QEMU, is the result of
 * that step and an argument of the next ones. Used by the thread of its task only.
 *
 * @param leases the VFs leased on the destination so far; part of the journal
 */
public record MigrationContext(
        MigrationRequest request,
        MigrationServices services,
        MigrationStatusBuilder status,
        MigrationEvents events,
        RollbackStack rollbacks,
        List<Lease> leases) {
    public MigrationContext(
            MigrationRequest request,
            MigrationServices services,
            MigrationStatusBuilder status,
            MigrationEvents events) {
        this(request, services, status, events, new RollbackStack(), new ArrayList<>());
    }

    /** Writes the stage of the migration to the journal; returns once it is on disk. */
    public void journal(MigrationJournal.Stage stage) {
        services.journal()
                .write(new MigrationJournal.Entry(stage, status.now(), request.options(), List.copyOf(leases)));
    }

    public Map<Alias, PciAddress> assignedVfs() {
        return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
    }
}

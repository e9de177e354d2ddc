// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
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
    private static final Logger LOG = LoggerFactory.getLogger(MigrationContext.class);

    public MigrationContext(
            MigrationRequest request,
            MigrationServices services,
            MigrationStatusBuilder status,
            MigrationEvents events) {
        this(request, services, status, events, new RollbackStack(), new ArrayList<>());
    }

    /**
     * Writes the stage of the migration to the journal; returns once it is on disk. A failure ends nothing: the journal is for a
     * server that stops, and its next start also asks both hosts.
     */
    public void journal(MigrationJournal.Stage stage) {
        try {
            services.journal()
                    .write(new MigrationJournal.Entry(stage, status.now(), request.options(), List.copyOf(leases)));
        } catch (UnderstudyException e) {
            LOG.error("Migration {} of VM {}: continues without its journal", request.id(), request.vm(), e);
            status.add(Finding.of(
                    FindingCode.JOURNAL_INCOMPLETE,
                    request.subject(),
                    "Migration " + request.id() + " continues, but its progress was not recorded: " + e.getMessage(),
                    "Check space, owner and permissions of the file, and do not stop this server before the migration"
                            + " has ended."));
        }
    }

    public Map<Alias, PciAddress> assignedVfs() {
        return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
    }
}

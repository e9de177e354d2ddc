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
 * @param marked whether the live definition on the destination has the mark of this migration
 */
public record MigrationContext(
        MigrationRequest request,
        MigrationServices services,
        MigrationStatusBuilder status,
        MigrationEvents events,
        RollbackStack rollbacks,
        List<Lease> leases,
        boolean marked) {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationContext.class);

    public MigrationContext(
            MigrationRequest request,
            MigrationServices services,
            MigrationStatusBuilder status,
            MigrationEvents events) {
        this(request, services, status, events, new RollbackStack(), new ArrayList<>(), true);
    }

    /** The context of the recovery of a migration. */
    public static MigrationContext recovered(
            MigrationRequest request,
            MigrationServices services,
            MigrationStatusBuilder status,
            MigrationEvents events,
            MigrationJournal.Entry entry) {
        return new MigrationContext(
                request, services, status, events, new RollbackStack(), new ArrayList<>(), entry.marked());
    }

    /** What both hosts answer about the VM now. Blocks. */
    public VmAnswers answers() {
        return VmAnswers.of(request, services.definitions(), marked);
    }

    /** Whether the destination has a QEMU of the VM that was started for this migration. Blocks. */
    public boolean hasArrivedOrArrives() {
        HostAnswer destination = HostAnswer.of(request.destination(), request.vm(), services.definitions());
        return destination.hasQemu() && VmAnswers.isOwn(destination.mark(), request.id(), marked);
    }

    /**
     * Writes the stage of the migration to the journal; returns once it is on disk. A failure ends nothing: the journal is for a
     * server that stops, and its next start also asks both hosts.
     */
    public void journal(MigrationJournal.Stage stage) {
        try {
            services.journal()
                    .write(new MigrationJournal.Entry(
                            stage, status.now(), request.options(), List.copyOf(leases), marked));
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

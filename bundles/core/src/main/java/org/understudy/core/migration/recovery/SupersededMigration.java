// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import java.util.List;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.StepState;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationStatusBuilder;

/**
 * A migration whose end is not in the journal, as with a full disk, although another one of the same VM followed: a VM has one
 * migration at a time. Where the next one began shows how this one ended; the hosts no longer do.
 *
 * @param migration as the journal has it
 * @param next the one that followed
 */
public record SupersededMigration(Migration migration, Migration next) {

    /**
     * Empty if no other migration of the VM followed.
     *
     * @param all the journal, oldest first
     */
    public static Optional<SupersededMigration> of(MigrationJournal.Entry entry, List<MigrationJournal.Entry> all) {
        return all.stream()
                .skip(all.indexOf(entry) + 1L)
                .map(MigrationJournal.Entry::migration)
                .filter(later -> later.vm().equals(entry.migration().vm()))
                .findFirst()
                .map(later -> new SupersededMigration(entry.migration(), later));
    }

    /** Publishes the outcome. */
    public void end(MigrationStatusBuilder status) {
        status.add(Finding.of(
                FindingCode.JOURNAL_INCOMPLETE,
                "vm " + migration.vm(),
                "The end of migration " + migration.id() + " was not recorded; migration " + next.id() + " of VM "
                        + migration.vm() + " followed on host " + next.source(),
                "Check the space of Karaf's folder data with understudy:doctor."));
        for (MigrationStep step : MigrationStep.values()) {
            if (status.state(step) == StepState.PENDING || status.state(step) == StepState.RUNNING) {
                status.skip(step, "not recorded");
            }
        }
        status.outcome(outcome());
    }

    private Outcome outcome() {
        if (next.source().equals(migration.source())) {
            return Outcome.FAILED_ON_SOURCE;
        }
        return next.source().equals(migration.destination()) ? Outcome.COMPLETED : Outcome.NEEDS_ATTENTION;
    }
}

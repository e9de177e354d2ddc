// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.security.SecureRandom;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.understudy.api.MigrationId;
import org.understudy.concurrent.Scheduler;
import org.understudy.core.migration.context.MigrationJournal;

/**
 * Makes the ids of new migrations from their start time and a random number: other servers may start a migration of the same
 * VM at the same time, and an id proves whose a destination QEMU is.
 */
final class MigrationIds {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private static final int NUMBERS = 100_000_000;

    private final MigrationJournal journal;
    private final Scheduler scheduler;
    private final SecureRandom random = new SecureRandom();

    MigrationIds(MigrationJournal journal, Scheduler scheduler) {
        this.journal = journal;
        this.scheduler = scheduler;
    }

    /** {@return an id that is neither in use nor on disk} */
    MigrationId next() {
        MigrationId id;
        do {
            id = new MigrationId("m-%s-%08d".formatted(STAMP.format(scheduler.instant()), random.nextInt(NUMBERS)));
        } while (journal.has(id));
        return id;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.understudy.api.MigrationId;
import org.understudy.concurrent.Scheduler;
import org.understudy.core.migration.context.MigrationJournal;

/** Makes the ids of new migrations from their start time. */
final class MigrationIds {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final MigrationJournal journal;
    private final Scheduler scheduler;
    private String last = "";
    private int number;

    MigrationIds(MigrationJournal journal, Scheduler scheduler) {
        this.journal = journal;
        this.scheduler = scheduler;
    }

    /** {@return an id that is neither in use nor on disk} */
    synchronized MigrationId next() {
        String stamp = STAMP.format(scheduler.instant());
        number = stamp.equals(last) ? number : 0;
        last = stamp;
        MigrationId id;
        do {
            number++;
            id = new MigrationId("m-" + stamp + "-" + number);
        } while (journal.has(id));
        return id;
    }
}

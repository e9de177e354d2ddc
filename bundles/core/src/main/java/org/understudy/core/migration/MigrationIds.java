// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.understudy.api.MigrationId;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.TimeSource;

/** Makes the ids of new migrations from their start time. */
final class MigrationIds {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final MigrationJournal journal;
    private final TimeSource time;
    private String last = "";
    private int number;

    MigrationIds(MigrationJournal journal, TimeSource time) {
        this.journal = journal;
        this.time = time;
    }

    /** {@return an id that is neither in use nor on disk} */
    synchronized MigrationId next() {
        String stamp = STAMP.format(time.instant());
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

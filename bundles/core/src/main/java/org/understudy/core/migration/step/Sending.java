// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.Optional;
import org.understudy.core.migration.context.EventTime;
import org.understudy.core.migration.context.SourceMonitor;

/**
 * A migration from step 3 to the switchover: the source sends.
 *
 * @param unplugged when the guest had released the primaries that this server unplugged; empty if QEMU unplugs them
 */
public record Sending(Prepared prepared, SourceMonitor source, Optional<EventTime> unplugged) {

    /** When the guest had released its primaries; empty before that, and if it had none. */
    Optional<EventTime> released() {
        return unplugged.or(source::released);
    }

    /** Cancels the migration, and returns whether the host had completed it by itself before. Blocks. */
    public boolean hasArrivedDespiteCancel() {
        return prepared.rollback().hasArrivedDespiteCancel(source);
    }
}

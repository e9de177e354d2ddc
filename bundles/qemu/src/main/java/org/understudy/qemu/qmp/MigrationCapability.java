// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.util.Locale;

/** A capability of a migration. Source: QAPI MigrationCapability. */
public enum MigrationCapability {
    EVENTS,
    PAUSE_BEFORE_SWITCHOVER,
    AUTO_CONVERGE,
    MULTIFD,
    POSTCOPY_RAM,
    RETURN_PATH,
    LATE_BLOCK_ACTIVATE;

    /** The name in QEMU, such as {@code pause-before-switchover}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

/** The state of QEMU's migration. Source: QAPI MigrationStatus. */
public enum MigrationPhase {
    NONE,
    SETUP,
    WAIT_UNPLUG,
    ACTIVE,
    POSTCOPY,
    PRE_SWITCHOVER,
    DEVICE,
    COMPLETED,
    CANCELLING,
    CANCELLED,
    FAILED,
    /** A state this version of Understudy does not know. */
    OTHER;

    /** True if nothing is sent, or nothing any more. */
    public boolean isOver() {
        return switch (this) {
            case NONE, COMPLETED, CANCELLED, FAILED -> true;
            default -> false;
        };
    }
}

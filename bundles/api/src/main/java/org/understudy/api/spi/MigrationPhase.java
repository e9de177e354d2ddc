// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

/** The state of QEMU's migration. Source: QAPI MigrationStatus. */
public enum MigrationPhase {
    /** There is no migration. */
    NONE,
    /** It starts. */
    SETUP,
    /** QEMU waits until the guest has released its primaries. */
    WAIT_UNPLUG,
    /** Memory is copied while the guest runs. */
    ACTIVE,
    /** The guest runs on the destination before all memory is copied. */
    POSTCOPY,
    /** QEMU has paused the guest and waits for {@link OutgoingMigration#continueToSwitch}. */
    PRE_SWITCHOVER,
    /** The rest of the memory and the state of the devices are sent. */
    DEVICE,
    /** Everything has been sent. */
    COMPLETED,
    /** It is being cancelled. */
    CANCELLING,
    /** It was cancelled. */
    CANCELLED,
    /** It failed. */
    FAILED,
    /** A state this version of Understudy does not know. */
    OTHER;

    /** {@return true if no migration runs} */
    public boolean isOver() {
        return switch (this) {
            case NONE, COMPLETED, CANCELLED, FAILED -> true;
            default -> false;
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The sending end. QEMU pauses before the switch and waits for {@link #continueToSwitch}, unless it {@linkplain
 * #switchesByItself switches by itself}.
 */
@ProviderType
public interface OutgoingMigration {
    /** {@return how far the migration is now} */
    MigrationProgress progress();

    /**
     * {@return true if the host's own manager goes on to the switch and lets the guest run on the destination} Then
     * {@link #continueToSwitch} does nothing, and {@link MigrationPhase#COMPLETED} means that the guest has left.
     */
    default boolean switchesByItself() {
        return false;
    }

    /** Lets QEMU stop the vCPUs and send the rest. Only in {@link MigrationPhase#PRE_SWITCHOVER}. */
    void continueToSwitch();

    /** Asks QEMU to give up; does not wait. After a wait for an unplug QEMU may need 30 s. */
    void cancel();

    /** Lets the guest run on here after a migration that did not reach its destination. */
    void resumeOnSource();

    /** Ends the source's QEMU and forgets the VM here. Only after the destination runs. */
    void finish();
}

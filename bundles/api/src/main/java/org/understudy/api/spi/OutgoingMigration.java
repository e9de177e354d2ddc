// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.MigrationId;

/**
 * A migration on its source. QEMU stops before the switchover and waits for {@link #continueToSwitch}, unless it
 * {@linkplain #switchesByItself switches over by itself}.
 */
@ProviderType
public interface OutgoingMigration {
    /** {@return the migration that started it; empty if the host does not record that} */
    default Optional<MigrationId> migration() {
        return Optional.empty();
    }

    /** {@return the current progress} */
    MigrationProgress progress();

    /**
     * {@return true if the host's manager performs the switchover and resumes the guest on the destination} Then
     * {@link #continueToSwitch} does nothing, and {@link MigrationPhase#COMPLETED} means that the guest runs there.
     */
    default boolean switchesByItself() {
        return false;
    }

    /** Continues with the switchover: QEMU sends the rest. Only in {@link MigrationPhase#PRE_SWITCHOVER}. */
    void continueToSwitch();

    /** Cancels this migration, and no other; does not wait. After a wait for an unplug QEMU may need 30 s. */
    void cancel();

    /** Resumes the guest on the source after a migration that failed or was cancelled. */
    void resumeOnSource();

    /** Ends the QEMU of the source and removes the VM there. Only after the VM runs on the destination. */
    void finish();
}

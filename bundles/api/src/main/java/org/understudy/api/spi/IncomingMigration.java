// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.osgi.annotation.versioning.ProviderType;

/** A migration on its destination. The vCPUs are paused there until {@link #accept}. */
@ProviderType
public interface IncomingMigration {
    /** {@return the URI that the source sends to, such as {@code tcp:127.0.0.1:49152}} */
    String uri();

    /** {@return the current phase; that of no other migration of the VM} */
    MigrationPhase phase();

    /** Takes the VM over: stores its definition and starts its vCPUs. Call only after the source has stopped permanently. */
    void accept();

    /**
     * Ends the destination QEMU of this migration; on return it has provably exited. One of another migration is left as it
     * is. May be repeated.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#WRONG_VM_STATE} after
     *     {@link #accept}
     */
    void abort();
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.osgi.annotation.versioning.ProviderType;

/** The receiving end. The guest's vCPUs stand still here until {@link #accept}. */
@ProviderType
public interface IncomingMigration {
    /** {@return the URI that the source sends to, such as {@code tcp:127.0.0.1:49152}} */
    String uri();

    /** {@return the phase now} */
    MigrationPhase phase();

    /** Makes the VM this host's own, stores its definition and starts its vCPUs. Only after the source has stopped for good. */
    void accept();

    /**
     * Ends the receiving QEMU; on return it is proven gone. Harmless if repeated.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#WRONG_VM_STATE} after
     *     {@link #accept}
     */
    void abort();
}

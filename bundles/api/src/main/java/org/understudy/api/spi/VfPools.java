// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.VmName;

/** Hands out the VFs of hosts. An optional OSGi service: without it only emulated pools can be used. */
public interface VfPools {
    /**
     * Reserves a VF for one primary of one VM.
     *
     * @return empty if the pool has none left
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#INVALID_ARGUMENT} for an
     *     unknown pool
     */
    Optional<Lease> lease(HostName host, PoolName pool, VmName vm, Alias primary);

    /** Gives a VF back. Harmless if repeated. */
    void release(Lease lease);

    /** A VF reserved for one VM on one host. */
    record Lease(HostName host, PoolName pool, VmName vm, Alias primary, PciAddress vf) {}
}

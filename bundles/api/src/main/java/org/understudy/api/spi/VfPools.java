// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.VmName;

/**
 * Hands out the VFs of hosts. An optional OSGi service: without it only emulated pools can be used. The host itself keeps
 * the leases, so that several servers can share it and a restart forgets nothing. Every call blocks for the host's
 * answer.
 */
@ProviderType
public interface VfPools {
    /**
     * {@return what stands in the way of a lease there now; empty if nothing does}
     *
     * @param host the host
     * @param pool the pool
     */
    List<Finding> check(HostName host, PoolName pool);

    /**
     * Reserves a VF for one primary of one VM and makes it what the VM needs: the settings are written, read back, and
     * the VF is ready for VFIO if that was asked for. If anything of that fails, all of it is taken back. A VM that
     * holds a VF of the pool for this primary already gets the same one.
     *
     * @param host the host
     * @param pool the pool
     * @param vm the VM
     * @param primary the primary's alias
     * @param settings what the VF has to be
     * @return empty if the pool has none left
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#INVALID_ARGUMENT} for an
     *     unknown pool, {@link org.understudy.api.ErrorCode#NOT_PERMITTED}, {@link
     *     org.understudy.api.ErrorCode#VF_FAILED} if a VF could not be made ready, {@link
     *     org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    Optional<Lease> lease(HostName host, PoolName pool, VmName vm, Alias primary, VfSettings settings);

    /**
     * Reserves the very VF that a definition names, and makes it what the VM needs, as {@link #lease} does.
     *
     * @param host the host
     * @param vf the VF
     * @param vm the VM
     * @param primary the primary's alias
     * @param settings what the VF has to be
     * @return empty if the VF is in no pool of this host, or if its NICs cannot be changed from here: then whoever made
     *     the definition looks after it
     * @throws org.understudy.api.UnderstudyException with {@link org.understudy.api.FindingCode#VF_NOT_FREE} if
     *     somebody else has it; else as with {@link #lease}
     */
    Optional<Lease> leaseNamed(HostName host, PciAddress vf, VmName vm, Alias primary, VfSettings settings);

    /**
     * {@return the leases this server holds on a host, as last read; none where the configuration leaves the host's
     * NICs alone}
     *
     * @param host the host
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if the host
     *     is out of reach, so that nobody knows
     */
    List<Lease> leases(HostName host);

    /**
     * Leads frames for the VF's MAC to the bridge above its PF too, or ends that. To be on while the VM runs on the
     * VF's host without the VF: the PF would keep the frames for the VF, and the standby NIC would get none. Harmless
     * if repeated; {@link #release} ends it as well.
     *
     * @param lease the lease of the VF
     * @param on true to pass the frames, false to end that
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED}, {@link
     *     org.understudy.api.ErrorCode#NOT_PERMITTED}, {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    void forward(Lease lease, boolean on);

    /**
     * Gives a VF back, which becomes exactly what it was before the lease. Harmless if repeated, and if the VF has been
     * leased anew in the meantime.
     *
     * @param lease the lease to end
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED} if the VF could not
     *     be restored; it is set aside then
     */
    void release(Lease lease);

    /**
     * A VF reserved for one VM on one host.
     *
     * @param host the host of the VF
     * @param pool the pool it was leased from
     * @param vm the VM it is for
     * @param primary the alias of the primary it is for
     * @param vf its PCI address
     * @param owner the server that holds the lease
     * @param fencing grows with each lease of the host, so that a late call for an older lease is told from a new one
     */
    record Lease(HostName host, PoolName pool, VmName vm, Alias primary, PciAddress vf, String owner, long fencing) {}
}

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
 * the leases, so that several servers can share it and a restart loses nothing. Every call blocks for the host's
 * answer.
 */
@ProviderType
public interface VfPools {
    /**
     * {@return what prevents a lease on the host now; empty if nothing does}
     *
     * @param host the host
     * @param pool the pool
     */
    List<Finding> check(HostName host, PoolName pool);

    /**
     * Reserves a VF for one primary of one VM and sets it up: writes and verifies the settings, and binds the VF to VFIO if
     * requested. If a part fails, everything is rolled back. A VM that already holds a VF of the pool for this primary gets
     * the same one.
     *
     * @param host the host
     * @param pool the pool
     * @param vm the VM
     * @param primary the primary's alias
     * @param settings the required settings
     * @return empty if the pool has no free VF
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#INVALID_ARGUMENT} for an
     *     unknown pool, {@link org.understudy.api.ErrorCode#NOT_PERMITTED}, {@link
     *     org.understudy.api.ErrorCode#VF_FAILED} if a VF could not be set up, {@link
     *     org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    Optional<Lease> lease(HostName host, PoolName pool, VmName vm, Alias primary, VfSettings settings);

    /**
     * Reserves the VF that a definition names, and sets it up as {@link #lease} does.
     *
     * @param host the host
     * @param vf the VF
     * @param vm the VM
     * @param primary the primary's alias
     * @param settings the required settings
     * @return empty if the VF is in no pool of this host, or if its NICs cannot be changed by this server: then
     *     the author of the definition manages the VF
     * @throws org.understudy.api.UnderstudyException with {@link org.understudy.api.FindingCode#VF_NOT_FREE} if
     *     another VM or device has it; else as with {@link #lease}
     */
    Optional<Lease> leaseNamed(HostName host, PciAddress vf, VmName vm, Alias primary, VfSettings settings);

    /**
     * {@return the leases this server holds on a host, as last read; none if the configuration excludes the host's
     * NICs}
     *
     * @param host the host
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if the host
     *     is unreachable, so that they are unknown
     */
    List<Lease> leases(HostName host);

    /**
     * Adds or removes the forwarding entry for the VF's MAC, by which the PF passes frames to its bridge too. Required while
     * the VM runs on the VF's host without the VF: otherwise the PF keeps the frames for the VF, and the standby NIC receives
     * none. May be repeated; {@link #release} removes the entry as well.
     *
     * @param lease the lease of the VF
     * @param on true to add the entry, false to remove it
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED}, {@link
     *     org.understudy.api.ErrorCode#NOT_PERMITTED}, {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE}
     */
    void forward(Lease lease, boolean on);

    /**
     * Releases a VF and restores its state before the lease. May be repeated; does nothing if the VF has been leased again.
     *
     * @param lease the lease to end
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED} if the VF could not
     *     be restored; the VF is then at fault
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
     * @param fencing increases with each lease of the host, which distinguishes a late call for an older lease
     */
    record Lease(HostName host, PoolName pool, VmName vm, Alias primary, PciAddress vf, String owner, long fencing) {}
}

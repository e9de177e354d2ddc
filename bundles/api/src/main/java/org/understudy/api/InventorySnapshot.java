// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** The state of an {@link Inventory} at one revision. Immutable; lists of the whole fleet are built at their first use. */
@ProviderType
public interface InventorySnapshot {
    /** {@return the revision of the last change that it contains} */
    long revision();

    /** {@return all hosts of the configuration, in its order} */
    List<Revised<HostEntry>> hosts();

    /**
     * {@return a host; empty if it is not configured}
     *
     * @param host its name in the configuration
     */
    Optional<Revised<HostEntry>> host(HostName host);

    /**
     * {@return all VMs, by name and host} A VM that several hosts have is listed as {@link VirtualMachines#list} lists it. VMs of
     * a host that does not answer are listed as last read; see {@link HostEntry#staleSince}.
     */
    List<Revised<Vm>> vms();

    /**
     * {@return the VMs of a host, by name, as {@link #vms} lists them}
     *
     * @param host its name in the configuration
     */
    List<Revised<Vm>> vms(HostName host);

    /**
     * {@return the VMs that have this address; several if it is ambiguous}
     *
     * @param vm the address
     */
    List<Revised<Vm>> find(VmAddress vm);

    /**
     * {@return the VFs of a host, by address}
     *
     * @param host its name in the configuration
     */
    List<Revised<VfView>> vfs(HostName host);

    /**
     * {@return the share of each pool on a host, in the order of the configuration}
     *
     * @param host its name in the configuration
     */
    List<Revised<PoolShare>> poolShares(HostName host);

    /** {@return every pool of the configuration, with what it has on each host} */
    List<PoolView> pools();

    /** {@return one finding for each host whose VMs are unknown or stale} */
    List<Finding> findings();
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Which VMs of the fleet can be migrated now, and what prevents it for the others. An OSGi service; safe for use from any
 * thread.
 *
 * <p>The answer is made of what the server already knows: states, pairs and their health, findings of definitions, free VFs
 * and running migrations. It asks no QEMU and tries no pair of VM and destination; {@link Migrations#preflight} does so for one VM.
 */
@ProviderType
public interface Readiness {
    /**
     * Evaluates what is known of the VMs. Blocks as {@link VirtualMachines#list} does.
     *
     * @param host evaluates the VMs of this host only; empty for all hosts
     * @return the VMs by name, and what prevents their migration
     * @throws UnderstudyException {@link ErrorCode#HOST_NOT_FOUND} if the host is not configured
     */
    FleetReadiness evaluate(Optional<HostName> host);

    /**
     * Evaluates what is known of some VMs. The work grows with their number and that of the hosts, not with that of all VMs.
     * Blocks as {@link VirtualMachines#hosts} does.
     *
     * @param vms the VMs; each address may select none or several
     * @return the VMs that hosts have, by name, and what prevents their migration; numbers, groups and findings are about
     *     these VMs and their hosts alone
     */
    FleetReadiness evaluateVms(Set<VmAddress> vms);
}

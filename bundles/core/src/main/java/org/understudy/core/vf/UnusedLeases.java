// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView;

/**
 * Releases leases that no VM uses.
 *
 * @param isBusy whether a start, an arrival or a migration of the VM is in progress, to which its leases belong
 */
record UnusedLeases(Hosts hosts, Supplier<Optional<VfPools>> pools, BiPredicate<HostName, VmName> isBusy) {
    private static final Logger LOG = LoggerFactory.getLogger(UnusedLeases.class);

    /**
     * Releases the VFs that a VM does not use. The leases are read first. A start or migration that made one of them is
     * either in progress before or after the VM's state is read, or has ended and shows in that state. One that begins later
     * has leases with other fencing numbers.
     *
     * @return false if a release failed
     */
    boolean release(HostName name, VmName vm) {
        Optional<VfPools> served = pools.get();
        List<Lease> leases = served.map(p -> p.leases(name)).orElse(List.of()).stream()
                .filter(lease -> lease.vm().equals(vm))
                .toList();
        Set<Lease> unused = leases.stream().filter(l -> isReplaced(l, leases)).collect(Collectors.toSet());
        Optional<Host> host = hosts.all().stream()
                .filter(h -> h.name().equals(name) && !leases.isEmpty())
                .findFirst();
        if (host.isPresent() && !isBusy.test(name, vm)) {
            boolean off = isOff(host.get(), vm);
            List<Lease> idle = leases.stream()
                    .filter(lease -> off || isUnplugged(host.get(), lease))
                    .toList();
            if (!isBusy.test(name, vm)) {
                unused.addAll(idle);
            }
        }
        boolean all = true;
        for (Lease lease : unused) {
            all &= release(served.orElseThrow(), lease);
        }
        return all;
    }

    /** A VF that vanished while its VM ran remains leased when the VM gets another one. */
    private static boolean isReplaced(Lease lease, List<Lease> ofVm) {
        return ofVm.stream().anyMatch(l -> l.primary().equals(lease.primary()) && l.fencing() > lease.fencing());
    }

    /** Returns false on a failure, so that the other leases are still released. */
    private boolean release(VfPools served, Lease lease) {
        try {
            served.release(lease);
            LOG.info("Host {}: VF {} released, VM {} does not use it", lease.host(), lease.vf(), lease.vm());
            return true;
        } catch (UnderstudyException e) {
            logFailure(e);
            return false;
        }
    }

    private static boolean isOff(Host host, VmName vm) {
        return host.find(vm).filter(v -> v.state() != VmState.SHUTOFF).isEmpty();
    }

    /** Whether the VM runs without the primary and its definition does not have it. */
    private static boolean isUnplugged(Host host, Lease lease) {
        boolean configured = DomainView.of(host.definition(lease.vm())).pairs().stream()
                .anyMatch(p -> p.primary().equals(lease.primary()));
        return !configured && host.primaryPresence(lease.vm(), lease.primary()) == PrimaryPresence.ABSENT;
    }

    /** The doctor reports hosts whose NICs are unreachable; their leases are released later. */
    static void logFailure(UnderstudyException e) {
        boolean expected = e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.HOST_NOT_FOUND;
        if (expected) {
            LOG.debug("VF release failed, retrying: {}", e.getMessage());
        } else {
            LOG.warn("VF release failed, retrying: {}", e.getMessage());
        }
    }
}

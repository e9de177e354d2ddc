// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.HostNetworks;
import org.understudy.core.inventory.VmLocation;

/**
 * Leases VFs for the pairs of a VM, from the pools or by their addresses.
 *
 * @param leased receives the host and the VM of each lease from a pool
 */
record PairLeases(Supplier<Optional<VfPools>> pools, Policies policies, BiConsumer<HostName, VmName> leased) {
    private static final Logger LOG = LoggerFactory.getLogger(PairLeases.class);

    /**
     * Leases a VF for each pair that needs or names one, and calls a function with the VFs by their primaries. Releases them
     * if it fails.
     */
    void call(VmLocation here, List<PairView> pairs, Consumer<Map<Alias, PciAddress>> start) {
        List<Lease> leases = new ArrayList<>();
        try {
            for (PairView pair : pairs) {
                if (pair.vf().isPresent()) {
                    leaseNamed(here, pair).ifPresent(leases::add);
                } else if (pair.kind() == PrimaryKind.VF && !hostAssignsVf(here, pair)) {
                    leases.add(lease(here.host().name(), here.vm().name(), pair));
                }
            }
            Map<Alias, PciAddress> vfs = new HashMap<>();
            leases.forEach(l -> vfs.put(l.primary(), l.vf()));
            leases.forEach(this::forwardToStandby);
            start.accept(vfs);
        } catch (RuntimeException e) {
            leases.forEach(l -> release(l, e));
            throw e;
        }
    }

    /** Empty for a VF in no pool: the program that wrote its address manages it. */
    private Optional<Lease> leaseNamed(VmLocation here, PairView pair) {
        return pools.get()
                .flatMap(served -> served.leaseNamed(
                        here.host().name(), pair.vf().get(), here.vm().name(), pair.primary(), pair.settings()));
    }

    private boolean hostAssignsVf(VmLocation here, PairView pair) {
        return HostNetworks.serve(pair, policies.current(), here.host().facts());
    }

    /** The guest boots without its VF, possibly from the network. */
    void forwardToStandby(Lease lease) {
        try {
            pools.get().orElseThrow().forward(lease, true);
        } catch (UnderstudyException e) {
            LOG.warn(
                    "VM {}: forwarding entry was not added, frames may be lost until the guest uses the VF: {}",
                    lease.vm(),
                    e.getMessage());
        }
    }

    private void release(Lease lease, RuntimeException reason) {
        try {
            pools.get().orElseThrow().release(lease);
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Leases a VF from the pair's pool.
     *
     * @throws UnderstudyException also {@link org.understudy.api.ErrorCode#REFUSED_BY_FINDINGS} if there is no free VF
     */
    Lease lease(HostName host, VmName vm, PairView pair) {
        String subject = "primary " + pair.primary() + " of VM " + vm;
        Optional<VfPools> served = pools.get();
        if (served.isEmpty() || pair.pool().isEmpty()) {
            throw refusal(Finding.of(
                    FindingCode.POOL_NOT_SERVED,
                    subject,
                    "Primary " + pair.primary() + " of VM " + vm
                            + " needs a VF, but no pool of this server provides one",
                    "Install the bundle org.understudy.hostnic, or name the VF's PCI address in the definition."));
        }
        Lease lease = served.get()
                .lease(host, pair.pool().get(), vm, pair.primary(), pair.settings())
                .orElseThrow(
                        () -> refusal(exhausted(served.get(), host, pair.pool().get(), subject)));
        leased.accept(host, vm);
        return lease;
    }

    /** The check names each VF with its reason, unless one has become free meanwhile. */
    private static Finding exhausted(VfPools pools, HostName host, PoolName pool, String subject) {
        return pools.check(host, pool).stream()
                .filter(finding -> finding.code() == FindingCode.POOL_EXHAUSTED)
                .findFirst()
                .orElseGet(() -> Finding.of(
                        FindingCode.POOL_EXHAUSTED,
                        subject,
                        "Pool " + pool + " has no free VF for " + subject,
                        "Add VFs to the pool, or stop a VM that uses one."));
    }

    private static UnderstudyException refusal(Finding finding) {
        return new UnderstudyException(finding.message(), List.of(finding));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfView.Holder;
import org.understudy.api.VmName;
import org.understudy.api.spi.ServerIdentity;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfSettings;
import org.understudy.concurrent.CallTimes;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;
import org.understudy.hostnic.backend.SriovBackend.LeaseToken;
import org.understudy.hostnic.pool.VfSelection;

/** Leases the VFs of pools. The host stores the leases. */
@Component(service = VfPools.class)
public final class VfLeases implements VfPools {
    private static final CallTimes TIMES = CallTimes.of("vf-lease");
    private static final Logger LOG = LoggerFactory.getLogger(VfLeases.class);

    /** Number of VFs of a PF whose preparation may fail before VFs of other PFs are tried. */
    private static final int MAX_FAILURES = 3;

    private final HostNicService nics;
    private final Policies policies;
    private final ServerId server;
    private final Map<Lease, Forwarding> forwarding = new ConcurrentHashMap<>();

    /**
     * The last state of a forwarding entry: several callers follow the same pair, and the host is called once per change. Its
     * lock is held during a call, so that the state is that of the host; it orders the calls for one lease only.
     */
    private static final class Forwarding {
        private Optional<Boolean> state = Optional.empty();

        synchronized void set(boolean on, Consumer<Boolean> host) {
            if (!state.equals(Optional.of(on))) {
                state = Optional.empty();
                host.accept(on);
                state = Optional.of(on);
            }
        }
    }

    @Activate
    public VfLeases(@Reference HostNicService nics, @Reference Policies policies, @Reference ServerIdentity identity) {
        this(nics, policies, new ServerId(identity.id()));
    }

    VfLeases(HostNicService nics, Policies policies, ServerId server) {
        this.nics = nics;
        this.policies = policies;
        this.server = server;
    }

    @Override
    public List<Finding> check(HostName host, PoolName pool) {
        return new PoolCheck(nics.access(host), policy(pool)).findings();
    }

    @Override
    public Optional<Lease> lease(HostName host, PoolName pool, VmName vm, Alias primary, VfSettings settings) {
        long begin = System.nanoTime();
        boolean failed = true;
        try {
            Optional<Lease> lease = leaseFromPool(host, pool, vm, primary, settings);
            failed = lease.isEmpty();
            return lease;
        } finally {
            TIMES.count(System.nanoTime() - begin, failed);
        }
    }

    private Optional<Lease> leaseFromPool(HostName host, PoolName pool, VmName vm, Alias primary, VfSettings settings) {
        PoolPolicy configured = configured(pool)
                .orElseThrow(() ->
                        new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Pool '" + pool + "' is not configured"));
        HostNicAccess access = nics.access(host);
        access.require().readOnly().ifPresent(why -> {
            throw new UnderstudyException(ErrorCode.NOT_SUPPORTED, why);
        });
        LeaseOwner leaseOwner = new LeaseOwner(server.owner(host), vm.value(), primary.value());
        return leaseLimited(
                        access,
                        candidates(access.refresh(), configured, leaseOwner, settings),
                        configured,
                        leaseOwner,
                        settings)
                .map(token -> lease(host, pool, token));
    }

    @Override
    public Optional<Lease> leaseNamed(HostName host, PciAddress vf, VmName vm, Alias primary, VfSettings settings) {
        HostNicAccess access = nics.access(host);
        if (access.isWithoutLeases() || access.readOnly().isPresent()) {
            return Optional.empty();
        }
        NicInventory inventory = access.refreshIfAvailable();
        if (!inventory.available()) {
            return Optional.empty();
        }
        Optional<VfView> named = inventory.vfs().stream()
                .filter(known -> known.address().equals(vf) && !known.pools().isEmpty())
                .findFirst();
        LeaseOwner leaseOwner = new LeaseOwner(server.owner(host), vm.value(), primary.value());
        return named.map(view -> {
            PoolPolicy pool = policy(view.pools().get(0));
            return leaseLimited(access, List.of(view), pool, leaseOwner, settings)
                    .map(token -> lease(host, pool.name(), token))
                    .orElseThrow(() -> notFree(host, view, primary));
        });
    }

    private static UnderstudyException notFree(HostName host, VfView vf, Alias primary) {
        String holder = vf.holder()
                .flatMap(Holder::vmName)
                .map(vm -> "; holder: VM " + vm)
                .orElse("");
        String reason = vf.reason().isEmpty() ? "" : ": " + vf.reason();
        Finding finding = Finding.of(
                FindingCode.VF_NOT_FREE,
                "host " + host + ", VF " + vf.address(),
                "VF " + vf.address() + ", which the definition names for " + primary + ", is "
                        + vf.state().name().toLowerCase(Locale.ROOT).replace('_', ' ') + holder + reason,
                "Release the VF, or name another VF or its pool in the definition.");
        return new UnderstudyException(finding.message(), List.of(finding));
    }

    private static Lease lease(HostName host, PoolName pool, LeaseToken token) {
        LeaseOwner leaseOwner = token.leaseOwner();
        return new Lease(
                host,
                pool,
                new VmName(leaseOwner.vm()),
                new Alias(leaseOwner.primary()),
                token.vf(),
                leaseOwner.owner(),
                token.fencing());
    }

    /** The VF that the VM already holds, then the free ones of the pool in case that one is unusable. */
    private static List<VfView> candidates(
            NicInventory inventory, PoolPolicy pool, LeaseOwner leaseOwner, VfSettings settings) {
        List<VfView> candidates = new ArrayList<>(inventory.vfs().stream()
                .filter(vf -> vf.state() == VfState.LEASED && vf.pools().contains(pool.name()))
                .filter(vf -> vf.holder().filter(h -> isOf(h, leaseOwner)).isPresent())
                .toList());
        candidates.addAll(VfSelection.order(inventory, pool, settings.numaNode(), Optional.of(settings.mac())));
        return candidates;
    }

    /** The pool of the configuration; one without VFs if it was removed meanwhile. */
    private PoolPolicy policy(PoolName name) {
        return configured(name).orElseGet(() -> new PoolPolicy(name, PrimaryKind.VF, List.of(), Optional.empty()));
    }

    private Optional<PoolPolicy> configured(PoolName name) {
        return policies.current().pools().stream()
                .filter(pool -> pool.name().equals(name))
                .findFirst();
    }

    private static boolean isOf(Holder holder, LeaseOwner leaseOwner) {
        return holder.owner().equals(leaseOwner.owner())
                && holder.vm().equals(leaseOwner.vm())
                && holder.primary().equals(leaseOwner.primary());
    }

    /**
     * Leases with the rate limit of the NIC, or without it if no VF takes it: many NICs have no such limit, and the linter reports
     * that the limits of the standby NIC do not apply to the VF.
     */
    private static Optional<LeaseToken> leaseLimited(
            HostNicAccess access,
            List<VfView> candidates,
            PoolPolicy pool,
            LeaseOwner leaseOwner,
            VfSettings settings) {
        try {
            return leaseFirst(access, candidates, pool, leaseOwner, settings.with(pool.defaults()));
        } catch (UnderstudyException e) {
            OptionalInt limit = settings.defaults().maxRate();
            if (limit.isEmpty()) {
                throw e;
            }
            VfSettings unlimited = settings.withoutLimit().with(pool.defaults());
            Optional<LeaseToken> token = leaseFirst(access, candidates, pool, leaseOwner, unlimited);
            LOG.warn(
                    "VM {}: VF of {} has no rate limit, although its NIC has {} Mbit/s: {}",
                    leaseOwner.vm(),
                    leaseOwner.primary(),
                    limit.getAsInt(),
                    e.getMessage());
            return token;
        }
    }

    private static Optional<LeaseToken> leaseFirst(
            HostNicAccess access,
            List<VfView> candidates,
            PoolPolicy pool,
            LeaseOwner leaseOwner,
            VfSettings settings) {
        try {
            return leaseFirst(access.require(), candidates, pool, leaseOwner, settings);
        } finally {
            access.refreshAfterChange();
        }
    }

    private static Optional<LeaseToken> leaseFirst(
            SriovBackend backend,
            List<VfView> candidates,
            PoolPolicy pool,
            LeaseOwner leaseOwner,
            VfSettings settings) {
        Optional<UnderstudyException> lastFailure = Optional.empty();
        Map<PciAddress, Integer> failures = new HashMap<>();
        Set<VfView> postponed = new HashSet<>();
        Deque<VfView> queue = new ArrayDeque<>(candidates);
        while (!queue.isEmpty()) {
            VfView vf = queue.remove();
            if (failures.getOrDefault(vf.pf(), 0) >= MAX_FAILURES && postponed.add(vf)) {
                queue.add(vf);
                continue;
            }
            Optional<LeaseToken> token = pool.adopt() && vf.isReserved()
                    ? backend.adopt(vf.address(), leaseOwner)
                    : backend.lease(vf.address(), leaseOwner);
            if (token.isEmpty()) {
                continue;
            }
            try {
                backend.prepare(token.get(), settings);
                return token;
            } catch (UnderstudyException e) {
                releaseAfterFailure(backend, token.get(), e);
                lastFailure = Optional.of(e);
                if (e.code() != ErrorCode.VF_FAILED) {
                    throw e;
                }
                failures.merge(vf.pf(), 1, Integer::sum);
                LOG.warn("VF {}: lease failed, trying another VF: {}", vf.address(), e.getMessage());
            }
        }
        lastFailure.ifPresent(e -> {
            throw e;
        });
        return Optional.empty();
    }

    private static void releaseAfterFailure(SriovBackend backend, LeaseToken token, UnderstudyException reason) {
        try {
            backend.release(token);
        } catch (UnderstudyException e) {
            reason.addSuppressed(e);
        }
    }

    @Override
    public List<Lease> leases(HostName host) {
        HostNicAccess access = nics.access(host);
        if (access.isWithoutLeases()) {
            return List.of();
        }
        String owner = server.owner(host);
        // Each change by this server is followed by a read.
        return access.current().vfs().stream()
                .flatMap(vf -> vf.holder().filter(h -> h.owner().equals(owner)).map(h -> lease(host, vf, h)).stream())
                .toList();
    }

    /** The pool may have been renamed since; existing leases do not need it. */
    private static Lease lease(HostName host, VfView vf, Holder holder) {
        PoolName pool = vf.pools().isEmpty() ? new PoolName("none") : vf.pools().get(0);
        LeaseOwner leaseOwner = new LeaseOwner(holder.owner(), holder.vm(), holder.primary());
        return lease(host, pool, new LeaseToken(vf.address(), leaseOwner, holder.fencing()));
    }

    private static LeaseToken token(Lease lease) {
        LeaseOwner leaseOwner = new LeaseOwner(
                lease.owner(), lease.vm().value(), lease.primary().value());
        return new LeaseToken(lease.vf(), leaseOwner, lease.fencing());
    }

    @Override
    public void forward(Lease lease, boolean on) {
        forwarding
                .computeIfAbsent(lease, l -> new Forwarding())
                .set(on, state -> nics.access(lease.host()).require().forward(token(lease), state));
    }

    @Override
    public void release(Lease lease) {
        HostNicAccess access = nics.access(lease.host());
        forwarding.remove(lease);
        try {
            access.require().release(token(lease));
            access.forget(lease.vf());
        } finally {
            access.refreshAfterChange();
        }
    }
}

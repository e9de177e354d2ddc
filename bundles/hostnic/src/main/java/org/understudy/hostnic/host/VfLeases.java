// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.BundleContext;
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
import org.understudy.api.PoolName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfView.Holder;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfSettings;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;
import org.understudy.hostnic.backend.SriovBackend.LeaseToken;
import org.understudy.hostnic.pool.VfSelection;

/** Hands out the VFs of pools. The leases themselves are kept by the host. */
@Component(service = VfPools.class)
public final class VfLeases implements VfPools {
    private static final Logger LOG = LoggerFactory.getLogger(VfLeases.class);

    /** How many VFs are tried that turn out not to do what they should. */
    private static final int MOST_FAILURES = 3;

    private final HostNicService nics;
    private final Policies policies;
    private final ServerId server;
    /** What each detour was last told: several follow the same pair, and a host is told once. */
    private final Map<Lease, Boolean> detours = new ConcurrentHashMap<>();

    @Activate
    public VfLeases(BundleContext bundle, @Reference HostNicService nics, @Reference Policies policies) {
        this(nics, policies, ServerId.of(bundle));
    }

    VfLeases(HostNicService nics, Policies policies, ServerId server) {
        this.nics = nics;
        this.policies = policies;
        this.server = server;
    }

    @Override
    public List<Finding> check(HostName host, PoolName pool) {
        HostNicAccess access = nics.slot(host);
        // One that cannot be changed need not be asked.
        Optional<String> readOnly = access.readOnly();
        NicInventory inventory = readOnly.isPresent() ? access.inventory() : fresh(access);
        String subject = "host " + host + ", pool " + pool;
        if (!inventory.available()) {
            return List.of(Finding.of(
                    FindingCode.POOL_NOT_SERVED,
                    subject,
                    inventory.findings().stream()
                            .map(Finding::message)
                            .findFirst()
                            .orElse("The configuration does not say how the NICs of host " + host + " are reached"),
                    "Set nics of the host in etc/understudy.yaml, and see understudy:doctor."));
        }
        if (readOnly.isPresent()) {
            return List.of(Finding.of(
                    FindingCode.POOL_NOT_SERVED,
                    subject,
                    readOnly.get(),
                    "Install understudy-vf on the host and reach it by nics: access: ssh, or choose another host."));
        }
        if (!VfSelection.order(inventory, pool, OptionalInt.empty()).isEmpty()) {
            return VfSelection.obstacle(inventory, pool)
                    .map(why -> Finding.of(
                            FindingCode.POOL_NOT_SERVED,
                            subject,
                            "No free VF of pool " + pool + " on host " + host + " can work: " + why + ".",
                            "Put that right on the host, or choose another one."))
                    .stream()
                    .toList();
        }
        return List.of(Finding.of(
                FindingCode.POOL_EXHAUSTED,
                subject,
                "Pool " + pool + " has no free VF on host " + host + ": " + summary(inventory.vfs(), pool),
                "Free a VF there, or choose another host."));
    }

    /** No event tells that another server has leased a VF, or given one back. */
    private static NicInventory fresh(HostNicAccess access) {
        return access.inventory().available() ? access.refresh() : access.inventory();
    }

    private static String summary(List<VfView> vfs, PoolName pool) {
        List<VfView> members =
                vfs.stream().filter(vf -> vf.pools().contains(pool)).toList();
        long leased =
                members.stream().filter(vf -> vf.state() == VfState.LEASED).count();
        return "it has %d there, of which %d are leased".formatted(members.size(), leased);
    }

    @Override
    public Optional<Lease> lease(HostName host, PoolName pool, VmName vm, Alias primary, VfSettings settings) {
        if (policies.current().pools().stream().noneMatch(p -> p.name().equals(pool))) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "The configuration has no pool '" + pool + "'");
        }
        HostNicAccess access = nics.slot(host);
        access.require().readOnly().ifPresent(why -> {
            throw new UnderstudyException(ErrorCode.NOT_SUPPORTED, why);
        });
        LeaseOwner leaseOwner = new LeaseOwner(server.owner(host), vm.value(), primary.value());
        return first(access, candidates(access.refresh(), pool, leaseOwner, settings), leaseOwner, settings)
                .map(leaseToken -> lease(host, pool, leaseToken));
    }

    @Override
    public Optional<Lease> leaseNamed(HostName host, PciAddress vf, VmName vm, Alias primary, VfSettings settings) {
        HostNicAccess access = nics.slot(host);
        if (access.isWithoutLeases() || access.readOnly().isPresent()) {
            return Optional.empty();
        }
        NicInventory inventory = fresh(access);
        if (!inventory.available()) {
            return Optional.empty();
        }
        Optional<VfView> named = inventory.vfs().stream()
                .filter(known -> known.address().equals(vf) && !known.pools().isEmpty())
                .findFirst();
        LeaseOwner leaseOwner = new LeaseOwner(server.owner(host), vm.value(), primary.value());
        return named.map(view -> first(access, List.of(vf), leaseOwner, settings)
                .map(leaseToken -> lease(host, view.pools().get(0), leaseToken))
                .orElseThrow(() -> notFree(host, view, primary)));
    }

    private static UnderstudyException notFree(HostName host, VfView vf, Alias primary) {
        String holder = vf.holder().map(h -> ": " + h.vm() + " has it").orElse("");
        Finding finding = Finding.of(
                FindingCode.VF_NOT_FREE,
                "host " + host + ", VF " + vf.address(),
                "VF " + vf.address() + ", which the definition names for " + primary + ", is "
                        + vf.state().name().toLowerCase(Locale.ROOT).replace('_', ' ') + holder + ".",
                "Free it, or name another one or its pool in the definition.");
        return new UnderstudyException(finding.message(), List.of(finding));
    }

    private static Lease lease(HostName host, PoolName pool, LeaseToken leaseToken) {
        LeaseOwner leaseOwner = leaseToken.leaseOwner();
        return new Lease(
                host,
                pool,
                new VmName(leaseOwner.vm()),
                new Alias(leaseOwner.primary()),
                leaseToken.vf(),
                leaseOwner.owner(),
                leaseToken.fencing());
    }

    /** The VF that the VM holds already, then the free ones of the pool, should that one be of no use any more. */
    private static List<PciAddress> candidates(
            NicInventory inventory, PoolName pool, LeaseOwner leaseOwner, VfSettings settings) {
        List<PciAddress> candidates = new ArrayList<>(inventory.vfs().stream()
                .filter(vf -> vf.state() == VfState.LEASED && vf.pools().contains(pool))
                .filter(vf -> vf.holder().filter(h -> isOf(h, leaseOwner)).isPresent())
                .map(VfView::address)
                .toList());
        candidates.addAll(VfSelection.order(inventory, pool, settings.numaNode()));
        return candidates;
    }

    private static boolean isOf(Holder holder, LeaseOwner leaseOwner) {
        return holder.owner().equals(leaseOwner.owner())
                && holder.vm().equals(leaseOwner.vm())
                && holder.primary().equals(leaseOwner.primary());
    }

    private static Optional<LeaseToken> first(
            HostNicAccess access, List<PciAddress> candidates, LeaseOwner leaseOwner, VfSettings settings) {
        try {
            return first(access.require(), candidates, leaseOwner, settings);
        } finally {
            access.afterChange();
        }
    }

    private static Optional<LeaseToken> first(
            SriovBackend backend, List<PciAddress> candidates, LeaseOwner leaseOwner, VfSettings settings) {
        Optional<UnderstudyException> trouble = Optional.empty();
        int failures = 0;
        for (PciAddress vf : candidates) {
            Optional<LeaseToken> ticket = backend.lease(vf, leaseOwner);
            if (ticket.isEmpty()) {
                continue;
            }
            try {
                backend.prepare(ticket.get(), settings);
                return ticket;
            } catch (UnderstudyException e) {
                takeBack(backend, ticket.get(), e);
                trouble = Optional.of(e);
                if (e.code() != ErrorCode.VF_FAILED || ++failures == MOST_FAILURES) {
                    throw e;
                }
                LOG.warn("VF {} cannot be leased, another one is tried: {}", vf, e.getMessage());
            }
        }
        trouble.ifPresent(e -> {
            throw e;
        });
        return Optional.empty();
    }

    private static void takeBack(SriovBackend backend, LeaseToken leaseToken, UnderstudyException reason) {
        try {
            backend.release(leaseToken);
        } catch (UnderstudyException e) {
            reason.addSuppressed(e);
        }
    }

    @Override
    public List<Lease> leases(HostName host) {
        HostNicAccess access = nics.slot(host);
        if (access.isWithoutLeases()) {
            return List.of();
        }
        String owner = server.owner(host);
        // Each change by this server is followed by a reading.
        return access.known().vfs().stream()
                .flatMap(vf -> vf.holder().filter(h -> h.owner().equals(owner)).map(h -> lease(host, vf, h)).stream())
                .toList();
    }

    /** The pool may have been renamed since, and plays no part any more. */
    private static Lease lease(HostName host, VfView vf, Holder holder) {
        PoolName pool = vf.pools().isEmpty() ? new PoolName("none") : vf.pools().get(0);
        LeaseOwner leaseOwner = new LeaseOwner(holder.owner(), holder.vm(), holder.primary());
        return lease(host, pool, new LeaseToken(vf.address(), leaseOwner, holder.fencing()));
    }

    private static LeaseToken ticket(Lease lease) {
        LeaseOwner leaseOwner = new LeaseOwner(
                lease.owner(), lease.vm().value(), lease.primary().value());
        return new LeaseToken(lease.vf(), leaseOwner, lease.fencing());
    }

    @Override
    public void forward(Lease lease, boolean on) {
        if (!Objects.equals(detours.get(lease), on)) {
            detours.remove(lease);
            nics.slot(lease.host()).require().forward(ticket(lease), on);
            detours.put(lease, on);
        }
    }

    @Override
    public void release(Lease lease) {
        HostNicAccess access = nics.slot(lease.host());
        detours.remove(lease);
        try {
            access.require().release(ticket(lease));
            access.forget(lease.vf());
        } finally {
            access.afterChange();
        }
    }
}

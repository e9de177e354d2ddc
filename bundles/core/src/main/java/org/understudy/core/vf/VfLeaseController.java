// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfView.Holder;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.HostNetworks;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;

/**
 * Leases the VFs that a start needs, and releases them when the start fails, when the VM has stopped, and when it is off
 * after a restart of this server. Leases of a migration belong to the migration. An OSGi service within this bundle.
 */
@Component(service = VfLeaseController.class)
public final class VfLeaseController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VfLeaseController.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(5));
    private static final Duration ARRIVAL_LIMIT = Duration.ofMinutes(1);

    private final AtomicReference<Optional<VfPools>> pools = new AtomicReference<>(Optional.empty());
    private final ServiceSubscription<HostNics> nics =
            new ServiceSubscription<>(served -> served.listen(this::onInventory));
    private final Set<VmName> starting = ConcurrentHashMap.newKeySet();
    private final Controller<Work> controller;
    private final PendingArrivals pendingArrivals;
    private final Hosts hosts;
    private final Policies policies;
    private final MigrationLock migrationLock;
    private final HostWatch watch;
    private final Subscription migrationSubscription;

    /** A key of the work queue. */
    private sealed interface Work {
        HostName host();
    }

    private record AllLeases(HostName host) implements Work {}

    private record LeasesOf(HostName host, VmName vm) implements Work {}

    /** A lease whose VF the guest does not use yet, so that the standby NIC needs the frames. */
    private record ForwardingNeeded(Lease lease) implements Work {
        @Override
        public HostName host() {
            return lease.host();
        }
    }

    @Activate
    public VfLeaseController(@Reference Hosts hosts, @Reference Migrations migrations, @Reference Policies policies) {
        this(hosts, migrations, policies, SystemScheduler.process(), BACKOFF);
    }

    VfLeaseController(Hosts hosts, Migrations migrations, Policies policies, Scheduler scheduler, Backoff backoff) {
        this.policies = policies;
        this.controller = new Controller<>("understudy-vfs", scheduler, Work::host, backoff, this::work);
        this.pendingArrivals =
                new PendingArrivals(scheduler, ARRIVAL_LIMIT, host -> controller.add(new AllLeases(host)));
        this.hosts = hosts;
        this.migrationLock = new MigrationLock(migrations);
        this.watch = new HostWatch(hosts, host -> controller.add(new AllLeases(host.name())), this::onEvent, scheduler);
        this.migrationSubscription = migrations.listen(this::onMigration);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setPools(VfPools served) {
        pools.set(Optional.of(served));
        hosts.all().forEach(host -> controller.add(new AllLeases(host.name())));
    }

    void unsetPools(VfPools served) {
        pools.updateAndGet(now -> now.filter(p -> p != served));
    }

    /** A host whose NICs are reachable again may still have leases of VMs that have stopped. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics served) {
        nics.set(served);
    }

    void unsetNics(HostNics served) {
        nics.unset(served);
    }

    private void onInventory(NicInventory inventory) {
        boolean leased = inventory.vfs().stream()
                .anyMatch(vf -> vf.holder().filter(Holder::ours).isPresent());
        if (leased) {
            controller.add(new AllLeases(inventory.host()));
        }
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        watch.close();
        migrationSubscription.close();
        controller.close();
    }

    /**
     * Leases a VF for each pair that needs or names one, and calls a function with the VFs. The leases last for the call and
     * then as long as the VM uses the VFs.
     *
     * @param start receives the VFs by their primaries
     * @throws UnderstudyException also {@link ErrorCode#REFUSED_BY_FINDINGS} if there is no free VF; {@link
     *     ErrorCode#WRONG_VM_STATE} during another call for the same VM, which may use the same lease
     */
    public void callWithLeases(VmLocation here, List<PairView> pairs, Consumer<Map<Alias, PciAddress>> start) {
        List<Lease> leases = new ArrayList<>();
        if (!starting.add(here.vm().name())) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "VM '" + here.vm().name() + "' is being started or a VF is being plugged into it");
        }
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
        } finally {
            starting.remove(here.vm().name());
            // The VM may have stopped already, and its leases were not released during the call.
            controller.add(new LeasesOf(here.host().name(), here.vm().name()));
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
    private void forwardToStandby(Lease lease) {
        try {
            pools.get().orElseThrow().forward(lease, true);
        } catch (UnderstudyException e) {
            LOG.warn(
                    "VM {}: forwarding entry was not added, frames may be lost until the guest uses the VF: {}",
                    lease.vm(),
                    e.getMessage());
        }
    }

    /** Call before the unplug of a primary that is not plugged again. The VF is released after the guest releases it. */
    public void forwardToStandby(VmLocation here, Alias primary) {
        pools.get().map(p -> p.leases(here.host().name())).orElse(List.of()).stream()
                .filter(l -> l.vm().equals(here.vm().name()) && l.primary().equals(primary))
                .forEach(this::forwardToStandby);
    }

    private void release(Lease lease, RuntimeException reason) {
        try {
            pools.get().orElseThrow().release(lease);
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Leases VFs for a VM that another manager is about to run on a host. The leases last for a minute and then as long as
     * the VM is on the host.
     *
     * @throws UnderstudyException also {@link ErrorCode#REFUSED_BY_FINDINGS} if there is no free VF
     */
    public Map<Alias, PciAddress> leaseForArrival(HostName host, VmName vm, List<PairView> pairs) {
        pendingArrivals.begin(host, vm);
        try {
            List<Lease> leases = pairs.stream().map(p -> lease(host, vm, p)).toList();
            leases.forEach(lease -> controller.add(new ForwardingNeeded(lease)));
            return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
        } catch (RuntimeException e) {
            pendingArrivals.end(host, vm);
            throw e;
        }
    }

    private Lease lease(HostName host, VmName vm, PairView pair) {
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
        controller.add(new LeasesOf(host, vm));
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
                        "Pool " + pool + " has no VF left for " + subject,
                        "Add VFs to the pool, or stop a VM that uses one."));
    }

    private static UnderstudyException refusal(Finding finding) {
        return new UnderstudyException(finding.message(), List.of(finding));
    }

    private void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.Stopped || event instanceof HostEvent.DeviceGone) {
            controller.add(new LeasesOf(host.name(), event.vm()));
        }
    }

    /** A VM may have stopped during its migration, when its leases were not released. */
    private void onMigration(Migration migration) {
        if (!migration.isRunning()) {
            controller.add(new LeasesOf(migration.source(), migration.vm()));
            controller.add(new LeasesOf(migration.destination(), migration.vm()));
        }
    }

    private Controller.Result work(Work work) {
        try {
            if (work instanceof ForwardingNeeded needed) {
                forwardToStandby(needed.lease());
            } else if (work instanceof LeasesOf one) {
                return releaseUnused(one.host(), one.vm()) ? Controller.Result.done() : Controller.Result.retry();
            } else {
                leases(work.host()).stream()
                        .map(Lease::vm)
                        .distinct()
                        .forEach(vm -> controller.add(new LeasesOf(work.host(), vm)));
            }
            return Controller.Result.done();
        } catch (UnderstudyException e) {
            logReleaseFailure(e);
            return Controller.Result.retry();
        }
    }

    private List<Lease> leases(HostName host) {
        return pools.get().map(p -> p.leases(host)).orElse(List.of());
    }

    /**
     * Releases the VFs that a VM does not use. The leases are read first. A start or migration that made one of them is
     * either in progress before or after the VM's state is read, or has ended and shows in that state. One that begins later
     * has leases with other fencing numbers.
     *
     * @return false if a release failed
     */
    private boolean releaseUnused(HostName name, VmName vm) {
        Optional<VfPools> served = pools.get();
        List<Lease> leases = served.map(p -> p.leases(name)).orElse(List.of()).stream()
                .filter(lease -> lease.vm().equals(vm))
                .toList();
        Set<Lease> unused = leases.stream().filter(l -> isReplaced(l, leases)).collect(Collectors.toSet());
        Optional<Host> host = hosts.all().stream()
                .filter(h -> h.name().equals(name) && !leases.isEmpty())
                .findFirst();
        if (host.isPresent() && !isBusy(name, vm)) {
            boolean off = isOff(host.get(), vm);
            List<Lease> idle = leases.stream()
                    .filter(lease -> off || isUnplugged(host.get(), lease))
                    .toList();
            if (!isBusy(name, vm)) {
                unused.addAll(idle);
            }
        }
        boolean all = true;
        for (Lease lease : unused) {
            all &= release(served.orElseThrow(), lease);
        }
        return all;
    }

    private boolean isBusy(HostName host, VmName vm) {
        return starting.contains(vm) || pendingArrivals.has(host, vm) || migrationLock.isMigrating(vm);
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
            logReleaseFailure(e);
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
    private static void logReleaseFailure(UnderstudyException e) {
        boolean expected = e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.HOST_NOT_FOUND;
        if (expected) {
            LOG.debug("VF release failed, retrying: {}", e.getMessage());
        } else {
            LOG.warn("VF release failed, retrying: {}", e.getMessage());
        }
    }
}

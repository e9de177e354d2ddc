// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.time.Duration;
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
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfView.Holder;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.health.VmKey;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;

/**
 * Leases the VFs that a start needs, and releases them when the start fails, when the VM has stopped, and when it is off
 * after a restart of this server. Leases of a migration belong to the migration. An OSGi service within this bundle.
 */
@Component(service = VfLeaseController.class)
public final class VfLeaseController implements AutoCloseable {
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(5));
    private static final Duration ARRIVAL_LIMIT = Duration.ofMinutes(1);

    private final AtomicReference<Optional<VfPools>> pools = new AtomicReference<>(Optional.empty());
    private final ServiceSubscription<HostNics> nics =
            new ServiceSubscription<>(served -> served.listen(this::onInventory));
    private final Set<VmKey> starting = ConcurrentHashMap.newKeySet();
    private final Controller<Work> controller;
    private final PendingArrivals pendingArrivals;
    private final Hosts hosts;
    private final PairLeases pairLeases;
    private final UnusedLeases unusedLeases;
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
        this.controller = new Controller<>("understudy-vfs", scheduler, Work::host, backoff, this::work);
        this.pendingArrivals =
                new PendingArrivals(scheduler, ARRIVAL_LIMIT, host -> controller.add(new AllLeases(host)));
        this.hosts = hosts;
        this.pairLeases = new PairLeases(pools::get, policies, (host, vm) -> controller.add(new LeasesOf(host, vm)));
        MigrationLock migrationLock = new MigrationLock(migrations);
        this.unusedLeases = new UnusedLeases(
                hosts,
                pools::get,
                (host, vm) -> starting.contains(new VmKey(host, vm))
                        || pendingArrivals.has(host, vm)
                        || migrationLock.isMigrating(host, vm));
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
        VmKey key = new VmKey(here.host().name(), here.vm().name());
        if (!starting.add(key)) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "VM '" + here.vm().name() + "' is being started or a VF is being plugged into it");
        }
        try {
            pairLeases.call(here, pairs, start);
        } finally {
            starting.remove(key);
            // The VM may have stopped already, and its leases were not released during the call.
            controller.add(new LeasesOf(here.host().name(), here.vm().name()));
        }
    }

    /** Call before the unplug of a primary that is not plugged again. The VF is released after the guest releases it. */
    public void forwardToStandby(VmLocation here, Alias primary) {
        pools.get().map(p -> p.leases(here.host().name())).orElse(List.of()).stream()
                .filter(l -> l.vm().equals(here.vm().name()) && l.primary().equals(primary))
                .forEach(pairLeases::forwardToStandby);
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
            List<Lease> leases =
                    pairs.stream().map(p -> pairLeases.lease(host, vm, p)).toList();
            leases.forEach(lease -> controller.add(new ForwardingNeeded(lease)));
            return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
        } catch (RuntimeException e) {
            pendingArrivals.end(host, vm);
            throw e;
        }
    }

    private void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.Stopped
                || event instanceof HostEvent.DeviceGone
                || event instanceof HostEvent.EventsMissed) {
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
                pairLeases.forwardToStandby(needed.lease());
            } else if (work instanceof LeasesOf one) {
                return unusedLeases.release(one.host(), one.vm())
                        ? Controller.Result.done()
                        : Controller.Result.retry();
            } else {
                leases(work.host()).stream()
                        .map(Lease::vm)
                        .distinct()
                        .forEach(vm -> controller.add(new LeasesOf(work.host(), vm)));
            }
            return Controller.Result.done();
        } catch (UnderstudyException e) {
            UnusedLeases.logFailure(e);
            return Controller.Result.retry();
        }
    }

    private List<Lease> leases(HostName host) {
        return pools.get().map(p -> p.leases(host)).orElse(List.of());
    }
}

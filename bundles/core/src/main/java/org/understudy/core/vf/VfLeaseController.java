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
import org.understudy.core.concurrent.Backoff;
import org.understudy.core.concurrent.Controller;
import org.understudy.core.concurrent.Scheduler;
import org.understudy.core.concurrent.ServiceSubscription;
import org.understudy.core.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.HostNetworks;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;

/**
 * Leases the VFs a start needs, and gives them back when the start fails, when the VM has stopped, and when it is found
 * off after a restart of this server. What a migration leases is the migration's. An OSGi service within this bundle.
 */
@Component(service = VfLeaseController.class)
public final class VfLeaseController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VfLeaseController.class);
    private static final Backoff PAUSES = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(5));
    private static final Duration ARRIVAL = Duration.ofMinutes(1);

    private final AtomicReference<Optional<VfPools>> pools = new AtomicReference<>(Optional.empty());
    private final ServiceSubscription<HostNics> nics = new ServiceSubscription<>(served -> served.listen(this::onNics));
    private final Set<VmName> starting = ConcurrentHashMap.newKeySet();
    private final Controller<Work> controller;
    private final PendingArrivals pendingArrivals;
    private final Hosts hosts;
    private final Policies policies;
    private final MigrationLock migrationLock;
    private final HostWatch watch;
    private final Subscription ended;

    /** What is to be brought in step with how things are. */
    private sealed interface Work {
        HostName host();
    }

    private record AllLeases(HostName host) implements Work {}

    private record LeasesOf(HostName host, VmName vm) implements Work {}

    /** A lease for a VM whose guest does not have the VF yet. */
    private record Awaited(Lease lease) implements Work {
        @Override
        public HostName host() {
            return lease.host();
        }
    }

    @Activate
    public VfLeaseController(@Reference Hosts hosts, @Reference Migrations migrations, @Reference Policies policies) {
        this(hosts, migrations, policies, SystemScheduler.process(), PAUSES);
    }

    VfLeaseController(Hosts hosts, Migrations migrations, Policies policies, Scheduler scheduler, Backoff pauses) {
        this.policies = policies;
        this.controller = new Controller<>("understudy-vfs", scheduler, Work::host, pauses, this::work);
        this.pendingArrivals = new PendingArrivals(scheduler, ARRIVAL, host -> controller.add(new AllLeases(host)));
        this.hosts = hosts;
        this.migrationLock = new MigrationLock(migrations);
        this.watch = new HostWatch(hosts, host -> controller.add(new AllLeases(host.name())), this::onEvent, scheduler);
        this.ended = migrations.listen(this::onMigration);
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

    /** A host whose NICs can be reached again may have kept what a VM left there in the meantime. */
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

    private void onNics(NicInventory inventory) {
        boolean holding = inventory.vfs().stream()
                .anyMatch(vf -> vf.holder().filter(Holder::ours).isPresent());
        if (holding) {
            controller.add(new AllLeases(inventory.host()));
        }
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        watch.close();
        ended.close();
        controller.close();
    }

    /**
     * Leases a VF for each pair that needs one or names one, for the time of the call and as long as the VM uses it then.
     *
     * @param start gets the VFs by their primaries
     * @throws UnderstudyException also {@link org.understudy.api.ErrorCode#REFUSED_BY_FINDINGS} if a VF is lacking;
     *     {@link ErrorCode#WRONG_VM_STATE} while another call is at work for the same VM, which may use the same lease
     */
    public void around(VmLocation here, List<PairView> pairs, Consumer<Map<Alias, PciAddress>> start) {
        List<Lease> leases = new ArrayList<>();
        if (!starting.add(here.vm().name())) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "VM '" + here.vm().name()
                            + "' is being started or given a VF at this moment; it would have to be at rest");
        }
        try {
            for (PairView pair : pairs) {
                if (pair.vf().isPresent()) {
                    leaseNamed(here, pair).ifPresent(leases::add);
                } else if (pair.kind() == PrimaryKind.VF && !picksItself(here, pair)) {
                    leases.add(lease(here.host().name(), here.vm().name(), pair));
                }
            }
            Map<Alias, PciAddress> vfs = new HashMap<>();
            leases.forEach(l -> vfs.put(l.primary(), l.vf()));
            leases.forEach(this::leadToStandby);
            start.accept(vfs);
        } catch (RuntimeException e) {
            leases.forEach(l -> release(l, e));
            throw e;
        } finally {
            starting.remove(here.vm().name());
            // It may have stopped already, while nothing was given back.
            controller.add(new LeasesOf(here.host().name(), here.vm().name()));
        }
    }

    /** One that no pool has is whoever's who wrote its address. */
    private Optional<Lease> leaseNamed(VmLocation here, PairView pair) {
        return pools.get()
                .flatMap(served -> served.leaseNamed(
                        here.host().name(), pair.vf().get(), here.vm().name(), pair.primary(), pair.settings()));
    }

    private boolean picksItself(VmLocation here, PairView pair) {
        return HostNetworks.serve(pair, policies.current(), here.host().facts());
    }

    /** The guest boots without its VF, perhaps from the network. */
    private void leadToStandby(Lease lease) {
        try {
            pools.get().orElseThrow().forward(lease, true);
        } catch (UnderstudyException e) {
            LOG.warn("VM {} may lose frames until its guest has the VF: {}", lease.vm(), e.getMessage());
        }
    }

    /** To be called before the guest is asked for a primary that it is not to get again; its VF is given back once it let go. */
    public void leadToStandby(VmLocation here, Alias primary) {
        pools.get().map(p -> p.leases(here.host().name())).orElse(List.of()).stream()
                .filter(l -> l.vm().equals(here.vm().name()) && l.primary().equals(primary))
                .forEach(this::leadToStandby);
    }

    private void release(Lease lease, RuntimeException reason) {
        try {
            pools.get().orElseThrow().release(lease);
        } catch (RuntimeException e) {
            reason.addSuppressed(e);
        }
    }

    /**
     * Leases VFs for a VM that somebody else brings to a host. They are kept for a minute, and as long as the VM is there
     * then.
     *
     * @throws UnderstudyException also {@link ErrorCode#REFUSED_BY_FINDINGS} if a VF is lacking
     */
    public Map<Alias, PciAddress> expect(HostName host, VmName vm, List<PairView> pairs) {
        pendingArrivals.begin(host, vm);
        try {
            List<Lease> leases = pairs.stream().map(p -> lease(host, vm, p)).toList();
            leases.forEach(lease -> controller.add(new Awaited(lease)));
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
                    subject + " needs a VF, and nothing on this server hands out VFs",
                    "Install the bundle that serves VF pools, or name the VF's PCI address in the definition."));
        }
        Lease lease = served.get()
                .lease(host, pair.pool().get(), vm, pair.primary(), pair.settings())
                .orElseThrow(() -> refusal(Finding.of(
                        FindingCode.POOL_EXHAUSTED,
                        subject,
                        "Pool " + pair.pool().get() + " has no VF left for " + subject,
                        "Add VFs to the pool, or stop a VM that uses one.")));
        controller.add(new LeasesOf(host, vm));
        return lease;
    }

    private static UnderstudyException refusal(Finding finding) {
        return new UnderstudyException(finding.message(), List.of(finding));
    }

    private void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.Stopped || event instanceof HostEvent.DeviceGone) {
            controller.add(new LeasesOf(host.name(), event.vm()));
        }
    }

    /** A VM may have stopped while it was moved; then nobody gave anything back. */
    private void onMigration(Migration migration) {
        if (!migration.isRunning()) {
            controller.add(new LeasesOf(migration.source(), migration.vm()));
            controller.add(new LeasesOf(migration.destination(), migration.vm()));
        }
    }

    private Controller.Result work(Work work) {
        try {
            if (work instanceof Awaited awaited) {
                leadToStandby(awaited.lease());
            } else if (work instanceof LeasesOf one) {
                return settle(one.host(), one.vm()) ? Controller.Result.done() : Controller.Result.retry();
            } else {
                leases(work.host()).stream()
                        .map(Lease::vm)
                        .distinct()
                        .forEach(vm -> controller.add(new LeasesOf(work.host(), vm)));
            }
            return Controller.Result.done();
        } catch (UnderstudyException e) {
            notReleased(e);
            return Controller.Result.retry();
        }
    }

    private List<Lease> leases(HostName host) {
        return pools.get().map(p -> p.leases(host)).orElse(List.of());
    }

    /**
     * Gives back what a VM does not use. Its leases are read first. A start or a move that made one of them is either seen in
     * progress, before or after the VM is looked at, or is over by then and seen in the VM's state. One that begins later has
     * leases with other fencing numbers.
     *
     * @return false if something was refused
     */
    private boolean settle(HostName name, VmName vm) {
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
                    .filter(lease -> off || isSwitchedOff(host.get(), lease))
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
        return starting.contains(vm) || pendingArrivals.has(host, vm) || migrationLock.isMoving(vm);
    }

    /** A VF that vanished under its VM is still leased to it when the VM gets another one. */
    private static boolean isReplaced(Lease lease, List<Lease> ofVm) {
        return ofVm.stream().anyMatch(l -> l.primary().equals(lease.primary()) && l.fencing() > lease.fencing());
    }

    /** One that is refused keeps no other from being given back. */
    private boolean release(VfPools served, Lease lease) {
        try {
            served.release(lease);
            LOG.info("VF {} of host {} is free again: VM {} does not use it", lease.vf(), lease.host(), lease.vm());
            return true;
        } catch (UnderstudyException e) {
            notReleased(e);
            return false;
        }
    }

    private static boolean isOff(Host host, VmName vm) {
        return host.find(vm).filter(v -> v.state() != VmState.SHUTOFF).isEmpty();
    }

    /** The VM runs on without its primary, and is to. */
    private static boolean isSwitchedOff(Host host, Lease lease) {
        boolean wanted = DomainView.of(host.definition(lease.vm())).pairs().stream()
                .anyMatch(p -> p.primary().equals(lease.primary()));
        return !wanted && host.primaryPresence(lease.vm(), lease.primary()) == PrimaryPresence.ABSENT;
    }

    /** Hosts whose NICs are out of reach are the doctor's to tell of; what is held there is given back later. */
    private static void notReleased(UnderstudyException e) {
        boolean expected = e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.HOST_NOT_FOUND;
        if (expected) {
            LOG.debug("A VF could not be given back for now: {}", e.getMessage());
        } else {
            LOG.warn("A VF could not be given back for now: {}", e.getMessage());
        }
    }
}

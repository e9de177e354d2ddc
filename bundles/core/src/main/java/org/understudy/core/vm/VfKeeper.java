// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

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
import java.util.function.Function;
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
import org.understudy.core.domain.DomainView;
import org.understudy.core.domain.DomainView.PairView;
import org.understudy.core.domain.HostNetworks;
import org.understudy.core.watch.HostWatch;
import org.understudy.core.watch.Lanes;
import org.understudy.core.watch.Retries;

/**
 * Leases the VFs a start needs, and gives them back when the start fails, when the VM has stopped, and when it is found
 * off after a restart of this server. What a migration leases is the migration's. An OSGi service within this bundle.
 */
@Component(service = VfKeeper.class)
public final class VfKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VfKeeper.class);
    private static final Duration LOOK_FOR_HOSTS = Duration.ofSeconds(2);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    private static final Duration ARRIVAL = Duration.ofMinutes(1);

    private final AtomicReference<Optional<VfPools>> pools = new AtomicReference<>(Optional.empty());
    private final AtomicReference<Subscription> nicNews = new AtomicReference<>(() -> {});
    private final Set<VmName> starting = ConcurrentHashMap.newKeySet();
    private final Lanes lanes = new Lanes("understudy-vfs");
    private final Retries<HostName> retries;
    private final Expectations expectations;
    private final Hosts hosts;
    private final Policies policies;
    private final Standstill standstill;
    private final HostWatch watch;
    private final Subscription ended;

    @Activate
    public VfKeeper(@Reference Hosts hosts, @Reference Migrations migrations, @Reference Policies policies) {
        this(hosts, migrations, policies, FIRST_PAUSE);
    }

    VfKeeper(Hosts hosts, Migrations migrations, Policies policies, Duration firstPause) {
        this.policies = policies;
        this.retries = new Retries<>(lanes, Function.identity(), firstPause, host -> guarded(() -> tidy(host)));
        this.expectations = new Expectations(lanes, ARRIVAL, host -> guarded(() -> tidy(host)));
        this.hosts = hosts;
        this.standstill = new Standstill(migrations);
        this.watch = new HostWatch(hosts, host -> later(host.name(), () -> tidy(host)), this::onEvent, LOOK_FOR_HOSTS);
        this.ended = migrations.listen(this::onMigration);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setPools(VfPools served) {
        pools.set(Optional.of(served));
        hosts.all().forEach(host -> later(host.name(), () -> tidy(host)));
    }

    void unsetPools(VfPools served) {
        pools.updateAndGet(now -> now.filter(p -> p != served));
    }

    /** A host whose NICs can be reached again may have kept what a VM left there in the meantime. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics nics) {
        nicNews.getAndSet(nics.listen(this::onNics)).close();
    }

    void unsetNics(HostNics nics) {
        nicNews.getAndSet(() -> {}).close();
    }

    private void onNics(NicInventory inventory) {
        boolean holding = inventory.vfs().stream()
                .anyMatch(vf -> vf.holder().filter(Holder::ours).isPresent());
        if (holding) {
            later(inventory.host(), () -> tidy(inventory.host()));
        }
    }

    @Override
    @Deactivate
    public void close() {
        nicNews.get().close();
        watch.close();
        ended.close();
        lanes.close();
    }

    /**
     * Leases a VF for each pair that needs one or names one, for the time of the call and as long as the VM uses it then.
     *
     * @param start gets the VFs by their primaries
     * @throws UnderstudyException also {@link org.understudy.api.ErrorCode#REFUSED_BY_FINDINGS} if a VF is lacking;
     *     {@link ErrorCode#WRONG_VM_STATE} while another call is at work for the same VM, which may use the same lease
     */
    public void around(Location here, List<PairView> pairs, Consumer<Map<Alias, PciAddress>> start) {
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
            later(here.host().name(), () -> giveBack(here.host(), here.vm().name()));
        }
    }

    /** One that no pool has is whoever's who wrote its address. */
    private Optional<Lease> leaseNamed(Location here, PairView pair) {
        return pools.get()
                .flatMap(served -> served.leaseNamed(
                        here.host().name(), pair.vf().get(), here.vm().name(), pair.primary(), pair.settings()));
    }

    private boolean picksItself(Location here, PairView pair) {
        return HostNetworks.serve(pair, policies.current(), here.host().facts());
    }

    /** The guest boots without its VF, perhaps from the network. */
    private void leadToStandby(Lease lease) {
        try {
            pools.get().orElseThrow().detour(lease, true);
        } catch (UnderstudyException e) {
            LOG.warn("VM {} may lose frames until its guest has the VF: {}", lease.vm(), e.getMessage());
        }
    }

    /** To be called before the guest is asked for a primary that it is not to get again; its VF is given back once it let go. */
    public void leadToStandby(Location here, Alias primary) {
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
        expectations.begin(host, vm);
        try {
            List<Lease> leases = pairs.stream().map(p -> lease(host, vm, p)).toList();
            later(host, () -> leases.forEach(this::leadToStandby));
            return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
        } catch (RuntimeException e) {
            expectations.end(host, vm);
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
        later(host, () -> giveBackOlder(served.get(), lease));
        return lease;
    }

    /** A VF that vanished under its VM is still leased to it when the VM gets another one. */
    private void giveBackOlder(VfPools served, Lease now) {
        served.leases(now.host()).stream()
                .filter(l -> l.vm().equals(now.vm()) && l.primary().equals(now.primary()))
                .filter(l -> !l.vf().equals(now.vf()))
                .forEach(l -> giveBack(served, l));
    }

    private static UnderstudyException refusal(Finding finding) {
        return new UnderstudyException(finding.message(), List.of(finding));
    }

    private void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.Stopped || event instanceof HostEvent.DeviceGone) {
            later(host.name(), () -> giveBack(host, event.vm()));
        }
    }

    /** A VM may have stopped while it was moved; then nobody gave anything back. */
    private void onMigration(Migration migration) {
        if (!migration.isRunning()) {
            hosts.all().stream()
                    .filter(h -> h.name().equals(migration.source()) || h.name().equals(migration.destination()))
                    .forEach(h -> later(h.name(), () -> giveBack(h, migration.vm())));
        }
    }

    private void tidy(HostName name) {
        hosts.all().stream().filter(h -> h.name().equals(name)).forEach(this::tidy);
    }

    private void tidy(Host host) {
        pools.get().map(p -> p.leases(host.name())).orElse(List.of()).stream()
                .map(Lease::vm)
                .distinct()
                .forEach(vm -> giveBack(host, vm));
    }

    /**
     * The leases are read before the VM is looked at, and a start is looked for after that: one that begins or ends meanwhile
     * has a lease with another fencing number.
     */
    private void giveBack(Host host, VmName vm) {
        Optional<VfPools> served = pools.get();
        List<Lease> leases = served.map(p -> p.leases(host.name())).orElse(List.of()).stream()
                .filter(lease -> lease.vm().equals(vm))
                .toList();
        if (leases.isEmpty()) {
            return;
        }
        boolean off = isOff(host, vm);
        boolean expected = starting.contains(vm) || expectations.has(host.name(), vm);
        if (!expected && !standstill.isMoving(vm)) {
            leases.stream()
                    .filter(lease -> off || isSwitchedOff(host, lease))
                    .forEach(lease -> giveBack(served.orElseThrow(), lease));
        }
    }

    /** One that is refused keeps no other from being given back. */
    private void giveBack(VfPools served, Lease lease) {
        try {
            served.release(lease);
            LOG.info("VF {} of host {} is free again: VM {} does not use it", lease.vf(), lease.host(), lease.vm());
        } catch (UnderstudyException e) {
            notGivenBack(e);
            retries.refused(lease.host());
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

    private void later(HostName host, Runnable work) {
        lanes.run(host, () -> guarded(work));
    }

    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (UnderstudyException e) {
            notGivenBack(e);
        } catch (RuntimeException e) {
            LOG.error("VFs could not be given back", e);
        }
    }

    /** Hosts whose NICs are out of reach are the doctor's to tell of; what is held there is given back later. */
    private static void notGivenBack(UnderstudyException e) {
        boolean expected = e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.HOST_NOT_FOUND;
        if (expected) {
            LOG.debug("A VF could not be given back for now: {}", e.getMessage());
        } else {
            LOG.warn("A VF could not be given back for now: {}", e.getMessage());
        }
    }
}

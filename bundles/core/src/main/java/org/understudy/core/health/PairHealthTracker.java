// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
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
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfView;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.EventBroadcaster;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.PairObserver;
import org.understudy.core.inventory.ShownPairs;
import org.understudy.core.inventory.UnansweredHost;
import org.understudy.core.inventory.VmFollower;
import org.understudy.core.inventory.VmReading;
import org.understudy.core.inventory.VmReadings;

/** Tracks and publishes the health of every pair of every running VM. An OSGi service within this bundle. */
@Component(service = PairHealthTracker.class)
public final class PairHealthTracker implements VmFollower, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PairHealthTracker.class);
    private static final Duration VIEW_LIMIT = Duration.ofSeconds(5);

    private static final int EVENTS_WAITING = 10_000;

    private final ServiceSubscription<HostNics> nics =
            new ServiceSubscription<>(served -> served.listen(this::onInventory));
    private final ServiceSubscription<Policies> policies = new ServiceSubscription<>(served -> () -> {});
    private final VmReadings readings;
    private final HostWatch watch;
    private final Subscription following;
    private final TrackedPairs pairs;
    private final PairHealthUpdater updater;
    private final EventBroadcaster<PairKey, PairChanged> broadcaster;
    private final HostExecutor executor;

    @Activate
    public PairHealthTracker(
            @Reference Hosts hosts, @Reference VmReadings readings, @Reference InventoryService inventory) {
        this(hosts, readings, inventory, DomainView::of, PollSchedule.usual(), SystemScheduler.process());
    }

    /**
     * @param observer receives each change of a pair
     * @param views reads a definition
     */
    PairHealthTracker(
            Hosts hosts,
            VmReadings readings,
            PairObserver observer,
            Function<String, DomainView> views,
            PollSchedule schedule,
            Scheduler scheduler) {
        this.readings = readings;
        this.broadcaster = new EventBroadcaster<>(
                "understudy-pair-health",
                scheduler,
                (older, newer) -> new PairChanged(newer.vm(), newer.host(), older.from(), newer.pair()));
        this.executor = new HostExecutor("understudy-health", scheduler, EVENTS_WAITING, this::resyncAll);
        this.pairs = new TrackedPairs(broadcaster::send, observer);
        this.updater = new PairHealthUpdater(pairs, schedule, new PairProber(views), executor, scheduler);
        this.watch = new HostWatch(
                hosts,
                this::readAll,
                (host, event) -> enqueue(host.name(), event, () -> updater.onEvent(host, event)),
                scheduler);
        this.following = readings.follow(this);
    }

    /** Also takes the state of the hosts' VFs into account. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public synchronized void setNics(HostNics served) {
        // Changes wait for this monitor, so that they come after the inventories, which are older.
        nics.set(served);
        served.inventories().forEach(this::onInventory);
    }

    void unsetNics(HostNics served) {
        nics.unset(served);
    }

    /** Also takes the settings of the pools into account. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setPolicies(Policies served) {
        policies.set(served);
    }

    void unsetPolicies(Policies served) {
        policies.unset(served);
    }

    /** NICs that cannot be read change nothing. */
    private synchronized void onInventory(NicInventory inventory) {
        if (inventory.available()) {
            Map<PairKey, VfView> held = new HashMap<>();
            inventory
                    .vfs()
                    .forEach(vf -> vf.holder().filter(VfView.Holder::ours).ifPresent(h -> {
                        VmKey vm = new VmKey(inventory.host(), new VmName(h.vm()));
                        held.put(new PairKey(vm, new Alias(h.primary())), vf);
                    }));
            enqueue(inventory.host(), "VFs", () -> updater.onVfs(inventory.host(), held, this::poolVlan));
        }
    }

    private int poolVlan(VfView vf) {
        return policies.service().stream()
                .flatMap(served -> served.current().pools().stream())
                .filter(pool -> vf.pools().contains(pool.name()))
                .flatMapToInt(pool -> pool.defaults().vlan().stream())
                .findFirst()
                .orElse(0);
    }

    /** Running VMs with a pair that lacks its primary. Does not block. */
    public List<VmKey> withoutPrimary() {
        return pairs.withoutPrimary();
    }

    /**
     * The VMs with running pairs on a host, by the MAC addresses of their pairs. Blocks for the host's answer which of them
     * still run: the event of a VM that has just ended may be delayed, and another VM may use its MAC address at once.
     */
    public Map<MacAddress, Set<String>> macUsers(Host host) {
        Set<String> running = host.vms().stream()
                .filter(vm -> vm.state() != VmState.SHUTOFF)
                .map(vm -> vm.name().value())
                .collect(Collectors.toSet());
        Map<MacAddress, Set<String>> users = pairs.macUsers(host.name());
        users.values().forEach(names -> names.retainAll(running));
        return users;
    }

    /** Whether a pair of this health lacks the primary that it should have. */
    public static boolean lacksPrimary(PairHealth health) {
        return TrackedPair.lacksPrimary(health);
    }

    /** Whether the primary's VF has another MAC or VLAN than the pair needs. */
    public boolean isMisconfigured(VmKey vm, Alias primary) {
        return pairs.find(new PairKey(vm, primary))
                .filter(TrackedPair::isMisconfigured)
                .isPresent();
    }

    /** Sets the details of a pair that lacks its primary, until its health changes. */
    public void annotate(VmKey vm, Alias primary, String details) {
        enqueue(vm.host(), vm, () -> updater.annotate(new PairKey(vm, primary), details));
    }

    /** The present health of every running pair, for a listener that was added later. Does not block. */
    public List<PairChanged> all() {
        return pairs.all();
    }

    /** Delivers every change of health. A slow listener delays no other, and gets the last change of each pair. */
    public Subscription listen(Consumer<PairChanged> listener) {
        return broadcaster.add(listener);
    }

    /**
     * The API view of the pairs of a VM: those of the configured definition, then those that only the running VM has.
     * Blocks for up to 5 s for answers of the host.
     *
     * @param live empty if the VM does not run
     */
    public List<Pair> pairsOf(
            VmName vm, HostName host, DomainView configured, Optional<DomainView> live, VmState state) {
        VmKey key = new VmKey(host, vm);
        boolean runs = live.isPresent() && state != VmState.SHUTOFF && state != VmState.INCOMING;
        if (runs && !(configured.pairs().isEmpty() && live.get().pairs().isEmpty())) {
            refresh(key);
        }
        return ShownPairs.of(
                configured,
                live,
                state,
                primary -> pairs.find(new PairKey(key, primary)).map(TrackedPair::shown),
                pair -> ShownPairs.pair(pair, PairHealth.FAULT, "the host has not reported its state"));
    }

    /** The pair with the evidence whether the guest of the running VM cooperates. Blocks for the host's answers. */
    public Pair withGuest(Host host, VmName vm, Pair pair) {
        Optional<Instant> negotiated = pairs.find(new PairKey(new VmKey(host.name(), vm), pair.primary()))
                .flatMap(TrackedPair::negotiated);
        try {
            return pair.with(new GuestEvidence(Clock.systemUTC()).of(host, vm, pair, negotiated));
        } catch (UnderstudyException e) {
            // The VM may have stopped.
            LOG.debug("VM {}: guest evidence is not available: {}", vm, e.getMessage());
            return pair;
        }
    }

    /** Polls for changes that cause no event. Waits for a limited time, as a view may be slightly outdated. */
    private void refresh(VmKey key) {
        CountDownLatch polled = new CountDownLatch(1);
        boolean queued = enqueue(key.host(), key, () -> {
            try {
                poll(key);
            } finally {
                polled.countDown();
            }
        });
        try {
            if (queued && !polled.await(VIEW_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("{}: the host is slow to answer, health may be outdated", key);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void poll(VmKey key) {
        if (!pairs.has(key)) {
            watch.host(key.host()).ifPresent(h -> updater.resync(h, key.vm()));
        }
        updater.poll(key);
    }

    /** Called once the events of the host are delivered. */
    private void readAll(Host host) {
        readings.whenRead(
                host,
                vms -> readAll(
                        host, vms.values().stream().filter(VmReading::hasPairs).iterator(), updater::resync));
    }

    /** One task for each VM, so that a VM whose reading fails prevents no other, and events of the host are not delayed. */
    private void readAll(Host host, Iterator<VmReading> rest, BiConsumer<Host, VmReading> resync) {
        if (rest.hasNext()) {
            VmReading next = rest.next();
            enqueue(host.name(), new VmKey(host.name(), next.vm().name()), () -> {
                try {
                    resync.accept(host, next);
                } finally {
                    readAll(host, rest, resync);
                }
            });
        }
    }

    /** A VM that has vanished, or lost its pairs, while the host was not reachable may have no event. */
    @Override
    public void onHost(Host host, Map<VmName, VmReading> vms, Optional<UnansweredHost> trouble) {
        if (trouble.isEmpty()) {
            pairs.of(host.name()).stream()
                    .map(PairKey::vm)
                    .distinct()
                    .filter(vm -> Optional.ofNullable(vms.get(vm.vm()))
                            .filter(VmReading::hasPairs)
                            .isEmpty())
                    .forEach(vm -> enqueue(host.name(), vm, () -> updater.resync(host, vm.vm())));
        }
    }

    /** The VM may have changed before the events of the host were delivered here. */
    @Override
    public void onVm(Host host, VmName vm, Optional<VmReading> before, Optional<VmReading> now) {
        if (now.filter(VmReading::hasPairs).isPresent()
                && before.filter(now.get()::isDefinedAs).isEmpty()) {
            VmKey key = new VmKey(host.name(), vm);
            enqueue(host.name(), key, () -> updater.resyncSoon(host, key));
        }
    }

    /** Reads the state of all VMs in place of events that were dropped. */
    private void resyncAll(HostName host) {
        updater.resetPolling(host);
        watch.host(host)
                .ifPresent(open -> readings.whenRead(
                        open,
                        vms -> readAll(
                                open,
                                vms.values().iterator(),
                                (same, vm) -> updater.resync(same, vm.vm().name()))));
    }

    private boolean enqueue(HostName host, Object label, Runnable work) {
        return executor.run(host, label, new HealthTask(work));
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        following.close();
        watch.close();
        executor.close();
        broadcaster.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfView;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.Hosts;
import org.understudy.core.concurrent.EventBroadcaster;
import org.understudy.core.concurrent.HostExecutor;
import org.understudy.core.concurrent.Scheduler;
import org.understudy.core.concurrent.ServiceSubscription;
import org.understudy.core.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.health.PairHealthUpdater.Key;
import org.understudy.core.inventory.HostWatch;

/** Tells the health of every pair of every VM, and each change of it. An OSGi service within this bundle. */
@Component(service = PairHealthTracker.class)
public final class PairHealthTracker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PairHealthTracker.class);
    private static final Duration VIEW_LIMIT = Duration.ofSeconds(5);

    private static final int EVENTS_WAITING = 10_000;

    private final ServiceSubscription<HostNics> nics = new ServiceSubscription<>(served -> served.listen(this::onNics));
    private final HostWatch watch;
    private final PairHealthUpdater updater;
    private final EventBroadcaster<Key, PairChanged> broadcaster;
    private final HostExecutor executor;

    @Activate
    public PairHealthTracker(@Reference Hosts hosts) {
        this(hosts, DomainView::of, PollSchedule.usual(), SystemScheduler.process());
    }

    /** @param views reads a definition */
    PairHealthTracker(Hosts hosts, Function<String, DomainView> views, PollSchedule schedule, Scheduler scheduler) {
        this.broadcaster = new EventBroadcaster<>(
                "understudy-pair-health",
                scheduler,
                (older, newer) -> new PairChanged(newer.vm(), newer.host(), older.from(), newer.pair()));
        this.executor = new HostExecutor("understudy-health", scheduler, EVENTS_WAITING, this::catchUp);
        this.updater = new PairHealthUpdater(schedule, new PairProber(views), executor, scheduler, broadcaster::send);
        this.watch = new HostWatch(
                hosts,
                this::adopt,
                (host, event) -> later(host.name(), event, () -> updater.onEvent(host, event)),
                scheduler);
    }

    /** From now on what the hosts' NICs say counts too. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics served) {
        nics.set(served);
        served.inventories().forEach(this::onNics);
    }

    void unsetNics(HostNics served) {
        nics.unset(served);
    }

    /** NICs that cannot be read tell nothing. */
    private void onNics(NicInventory inventory) {
        if (inventory.available()) {
            Map<Key, VfView> held = new HashMap<>();
            inventory
                    .vfs()
                    .forEach(vf -> vf.holder().filter(VfView.Holder::ours).ifPresent(h -> {
                        Place place = new Place(inventory.host(), new VmName(h.vm()));
                        held.put(new Key(place, new Alias(h.primary())), vf);
                    }));
            later(inventory.host(), "VFs", () -> updater.onVfs(inventory.host(), held));
        }
    }

    /** A VM where it runs. */
    public record Place(HostName host, VmName vm) {
        @Override
        public String toString() {
            return "VM " + vm + " on host " + host;
        }
    }

    /** Running VMs that lack a primary they were to have. Answers at once. */
    public List<Place> withoutPrimary() {
        return updater.withoutPrimary();
    }

    /**
     * The VMs with running pairs on a host, by the MAC addresses of their pairs. The host is asked which of them run still: news of
     * a VM that has just ended may be on its way, and its MAC address may go to another at once.
     */
    public Map<MacAddress, Set<String>> macUsers(Host host) {
        Set<String> running = host.vms().stream()
                .filter(vm -> vm.state() != VmState.SHUTOFF)
                .map(vm -> vm.name().value())
                .collect(Collectors.toSet());
        Map<MacAddress, Set<String>> users = updater.macUsers(host.name());
        users.values().forEach(names -> names.retainAll(running));
        return users;
    }

    /** Whether a pair of this health lacks its primary, though it was to have it. */
    public static boolean lacksPrimary(PairHealth health) {
        return health == PairHealth.ON_STANDBY || health == PairHealth.FAULT;
    }

    /** Whether the VF of a primary that QEMU has is not set up as the pair needs it. */
    public boolean isMisconfigured(Place place, Alias primary) {
        return updater.isMisconfigured(new Key(place, primary));
    }

    /** Says more about a pair that lacks its primary, until its health changes. */
    public void annotate(Place place, Alias primary, String remark) {
        later(place.host(), place, () -> updater.annotate(new Key(place, primary), remark));
    }

    /** Tells every change of health, on a thread of its own for this listener; one that is slow gets the last. */
    public Subscription listen(Consumer<PairChanged> listener) {
        return broadcaster.add(listener);
    }

    /**
     * The pairs of a VM as an admin sees them: those of the configured definition, then those only the running VM has.
     * May block for a few answers of the host.
     *
     * @param live empty if the VM does not run
     */
    public List<Pair> pairsOf(
            VmName vm, HostName host, DomainView configured, Optional<DomainView> live, VmState state) {
        if (live.isEmpty() || state == VmState.SHUTOFF || state == VmState.INCOMING) {
            return configured.pairs().stream()
                    .map(p -> pair(p, PairHealth.OFF, ""))
                    .toList();
        }
        if (configured.pairs().isEmpty() && live.get().pairs().isEmpty()) {
            return List.of();
        }
        Place place = new Place(host, vm);
        freshen(place);
        List<Pair> pairs = new ArrayList<>();
        for (PairView p : configured.pairs()) {
            pairs.add(
                    live.get().carries(p)
                            ? health(place, p)
                            : pair(p, PairHealth.PENDING_RESTART, "switched on; the running VM does not have it"));
        }
        live.get().pairs().stream()
                .filter(p -> configured.pairs().stream().noneMatch(p::isSameAs))
                .map(p -> leftover(place, p))
                .forEach(pairs::add);
        return pairs;
    }

    /** The pair with what tells whether the guest of the running VM does its part; blocks for the host's answers. */
    public Pair withGuest(Host host, VmName vm, Pair pair) {
        Optional<Instant> negotiated = updater.negotiated(new Key(new Place(host.name(), vm), pair.primary()));
        try {
            return pair.with(new GuestEvidence(Clock.systemUTC()).of(host, vm, pair, negotiated));
        } catch (UnderstudyException e) {
            // It may have stopped by now.
            LOG.debug("VM {} is shown without the signs of its guest: {}", vm, e.getMessage());
            return pair;
        }
    }

    private Pair leftover(Place place, PairView pair) {
        return updater.health(new Key(place, pair.primary()))
                .filter(p -> p.health() == PairHealth.PENDING_RESTART)
                .orElseGet(() -> pair(pair, PairHealth.PENDING_RESTART, "switched off; the running VM still has it"));
    }

    private Pair health(Place place, PairView pair) {
        return updater.health(new Key(place, pair.primary()))
                .orElseGet(() -> pair(pair, PairHealth.FAULT, "the host has not told its state"));
    }

    static Pair pair(PairView p, PairHealth health, String details) {
        return new Pair(p.standby(), p.primary(), p.mac(), p.pool(), p.kind(), health, details);
    }

    /** Asks again where no event would tell of a change; gives up soon, as a view can be a little old. */
    private void freshen(Place place) {
        CountDownLatch asked = new CountDownLatch(1);
        boolean waiting = later(place.host(), place, () -> {
            try {
                askAll(place);
            } finally {
                asked.countDown();
            }
        });
        try {
            if (waiting && !asked.await(VIEW_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("{}: health is shown as it was, the host is slow to answer", place);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void askAll(Place place) {
        if (!updater.knows(place)) {
            watch.host(place.host()).ifPresent(h -> updater.resync(h, place.vm()));
        }
        updater.askAll(place);
    }

    private void adopt(Host host) {
        later(host.name(), "VMs", () -> adopt(host, host.vms().iterator()));
    }

    /** One by one: a VM that cannot be asked now keeps no other from being followed, and other hosts get their turn. */
    private void adopt(Host host, Iterator<HostedVm> rest) {
        if (rest.hasNext()) {
            Place place = new Place(host.name(), rest.next().name());
            later(host.name(), place, () -> {
                try {
                    updater.resync(host, place.vm());
                } finally {
                    adopt(host, rest);
                }
            });
        }
    }

    /** Reads what the events would have reported that were dropped. */
    private void catchUp(HostName host) {
        updater.forgetPlans(host);
        watch.host(host).ifPresent(this::adopt);
    }

    private boolean later(HostName host, Object label, Runnable work) {
        return executor.run(host, label, PairHealthUpdater.guarded(work));
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        watch.close();
        executor.close();
        broadcaster.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
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
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.Subscription;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.core.domain.DomainView;
import org.understudy.core.domain.DomainView.PairView;
import org.understudy.core.health.PairFollower.Key;
import org.understudy.core.health.PairFollower.Place;
import org.understudy.core.watch.Broadcast;
import org.understudy.core.watch.HostWatch;

/** Tells the health of every pair of every VM, and each change of it. An OSGi service within this bundle. */
@Component(service = PairHealthTracker.class)
public final class PairHealthTracker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PairHealthTracker.class);
    private static final Duration VIEW_LIMIT = Duration.ofSeconds(5);

    private final AtomicReference<Subscription> nicNews = new AtomicReference<>(() -> {});
    private final HostWatch watch;
    private final PairFollower follower;
    private final Broadcast<Key, PairChanged> broadcast = new Broadcast<>(
            "understudy-pair-health",
            (older, newer) -> new PairChanged(newer.vm(), newer.host(), older.from(), newer.pair()));
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(r -> {
        Thread thread = new Thread(r, "understudy-health");
        thread.setDaemon(true);
        return thread;
    });

    @Activate
    public PairHealthTracker(@Reference Hosts hosts) {
        this(hosts, DomainView::of, Pace.usual());
    }

    /** @param views reads a definition */
    PairHealthTracker(Hosts hosts, Function<String, DomainView> views, Pace pace) {
        this.follower = new PairFollower(pace, new Presences(views), worker, broadcast::send);
        this.watch = new HostWatch(
                hosts, this::adopt, (host, event) -> later(() -> follower.onEvent(host, event)), pace.hosts());
    }

    /** From now on what the hosts' NICs say counts too. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics nics) {
        Subscription news = nics.listen(this::onNics);
        nicNews.getAndSet(news).close();
        nics.inventories().forEach(this::onNics);
    }

    void unsetNics(HostNics nics) {
        nicNews.getAndSet(() -> {}).close();
    }

    /** NICs that cannot be read tell nothing. */
    private void onNics(NicInventory inventory) {
        if (inventory.available()) {
            Map<Key, String> lost = new HashMap<>();
            inventory.vfs().stream()
                    .filter(vf -> vf.state() == VfState.FAULT)
                    .forEach(vf -> vf.holder().filter(VfView.Holder::ours).ifPresent(h -> {
                        Place place = new Place(inventory.host(), new VmName(h.vm()));
                        lost.put(new Key(place, new Alias(h.primary())), "VF " + vf.address() + ": " + vf.reason());
                    }));
            later(() -> follower.onVfs(inventory.host(), lost));
        }
    }

    /** Tells every change of health, on a thread of its own for this listener; one that is slow gets the last. */
    public Subscription listen(Consumer<PairChanged> listener) {
        return broadcast.add(listener);
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
        Place place = new Place(host, vm);
        freshen(place);
        List<Pair> pairs = new ArrayList<>();
        for (PairView p : configured.pairs()) {
            pairs.add(
                    isIn(live.get(), p)
                            ? health(place, p)
                            : pair(p, PairHealth.PENDING_RESTART, "switched on; the running VM does not have it"));
        }
        live.get().pairs().stream()
                .filter(p -> !isIn(configured, p))
                .map(p -> leftover(place, p))
                .forEach(pairs::add);
        return pairs;
    }

    private Pair leftover(Place place, PairView pair) {
        return follower.health(new Key(place, pair.primary()))
                .filter(p -> p.health() == PairHealth.PENDING_RESTART)
                .orElseGet(() -> pair(pair, PairHealth.PENDING_RESTART, "switched off; the running VM still has it"));
    }

    private static boolean isIn(DomainView definition, PairView pair) {
        return definition.pairs().stream()
                .anyMatch(p -> p.primary().equals(pair.primary()) && p.standby().equals(pair.standby()));
    }

    private Pair health(Place place, PairView pair) {
        return follower.health(new Key(place, pair.primary()))
                .orElseGet(() -> pair(pair, PairHealth.FAULT, "the host has not told its state"));
    }

    static Pair pair(PairView p, PairHealth health, String details) {
        return new Pair(p.standby(), p.primary(), p.mac(), p.pool(), p.kind(), health, details);
    }

    /** Asks again where no event would tell of a change; gives up soon, as a view can be a little old. */
    private void freshen(Place place) {
        CountDownLatch asked = new CountDownLatch(1);
        later(() -> {
            try {
                askAll(place);
            } finally {
                asked.countDown();
            }
        });
        try {
            asked.await(VIEW_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void askAll(Place place) {
        if (!follower.knows(place)) {
            watch.host(place.host()).ifPresent(h -> follower.resync(h, place.vm()));
        }
        follower.askAll(place);
    }

    private void adopt(Host host) {
        later(() -> host.vms().forEach(vm -> follower.resync(host, vm.name())));
    }

    private void later(Runnable work) {
        try {
            worker.execute(PairFollower.guarded(work));
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed already", e);
        }
    }

    @Override
    @Deactivate
    public void close() {
        nicNews.get().close();
        watch.close();
        worker.shutdownNow();
        broadcast.close();
    }
}

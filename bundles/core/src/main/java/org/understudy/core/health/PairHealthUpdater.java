// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.core.concurrent.HostExecutor;
import org.understudy.core.concurrent.Scheduler;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.health.PairHealthTracker.Place;

/**
 * Follows the pairs of running VMs from event to event. An event that cannot be, for the health a pair is in, means
 * that something was missed: it is logged, and the host is asked how things are. Everything but {@link #health} and
 * {@link #knows} runs on the lane of the pair's host.
 */
final class PairHealthUpdater {
    private static final Logger LOG = LoggerFactory.getLogger(PairHealthUpdater.class);

    record Key(Place place, Alias primary) {}

    /** One pair of a running VM; touched on its host's lane only, apart from reading health and details. */
    private static final class Tracked {
        private final Host host;
        private volatile PairView view;
        private volatile PairHealth health = PairHealth.OFF;
        private volatile String details = "";
        private long askSince;
        private boolean asking;
        /** Why its VF cannot be used; empty while it can. What QEMU says of the device counts for nothing then. */
        private Optional<String> vfLost = Optional.empty();
        /** When the guest's driver took standby, as far as this server has heard. */
        private volatile Optional<Instant> negotiated = Optional.empty();
        /** How its VF differs from what the pair needs. */
        private volatile Optional<String> misconfigured = Optional.empty();

        Tracked(Host host, PairView view) {
            this.host = host;
            this.view = view;
        }

        /** A running VM's definition differs from the stored one, and the primary may be in just one of them. */
        Tracked as(PairView other) {
            view = other;
            return this;
        }
    }

    private final PollSchedule schedule;
    private final PairProber prober;
    private final HostExecutor executor;
    private final Scheduler scheduler;
    private final BiConsumer<Key, PairChanged> changed;
    /** By place, as a fleet has tens of thousands of pairs and most questions are about one VM. */
    private final Map<Place, Map<Alias, Tracked>> tracked = new HashMap<>();

    private final Set<Place> waiting = ConcurrentHashMap.newKeySet();
    /** Those that will be read in a moment. */
    private final Set<Place> due = ConcurrentHashMap.newKeySet();

    PairHealthUpdater(
            PollSchedule schedule,
            PairProber prober,
            HostExecutor executor,
            Scheduler scheduler,
            BiConsumer<Key, PairChanged> changed) {
        this.schedule = schedule;
        this.prober = prober;
        this.executor = executor;
        this.scheduler = scheduler;
        this.changed = changed;
    }

    /** The pairs of running VMs that lack their primary, though they were to have it. */
    synchronized List<Place> withoutPrimary() {
        return tracked.entrySet().stream()
                .filter(e -> e.getValue().values().stream().anyMatch(t -> PairHealthTracker.lacksPrimary(t.health)))
                .map(Map.Entry::getKey)
                .toList();
    }

    synchronized Map<MacAddress, Set<String>> macUsers(HostName host) {
        Map<MacAddress, Set<String>> users = new HashMap<>();
        of(host).forEach(key -> tracked(key)
                .ifPresent(t -> users.computeIfAbsent(t.view.mac(), mac -> new HashSet<>())
                        .add(key.place().vm().value())));
        return users;
    }

    /** Says more about a pair that lacks its primary; on the lane of its host. */
    void annotate(Key key, String remark) {
        tracked(key)
                .filter(t -> PairHealthTracker.lacksPrimary(t.health) && t.vfLost.isEmpty())
                .ifPresent(t -> t.details = remark);
    }

    boolean knows(Place place) {
        return !of(place).isEmpty();
    }

    /** When the guest's driver took standby, if this was heard. Answers at once. */
    Optional<Instant> negotiated(Key key) {
        return tracked(key).flatMap(t -> t.negotiated);
    }

    Optional<Pair> health(Key key) {
        return tracked(key).map(t -> PairHealthTracker.pair(t.view, t.health, t.details));
    }

    /** Asks where no event would tell of a change. */
    void askAll(Place place) {
        of(place).forEach(this::ask);
    }

    private synchronized List<Key> of(Place place) {
        return tracked.getOrDefault(place, Map.of()).keySet().stream()
                .map(primary -> new Key(place, primary))
                .toList();
    }

    /** A host that does not answer now is asked again by what comes next. */
    static Runnable guarded(Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (UnderstudyException e) {
                LOG.warn("The health of a pair is not known for now: {}", e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("The health of pairs could not be followed", e);
            }
        };
    }

    /** Takes an event in; on the lane of its host. */
    void onEvent(Host host, HostEvent event) {
        Place place = new Place(host.name(), event.vm());
        if (event instanceof HostEvent.Stopped) {
            forget(place);
        } else if (event instanceof HostEvent.DefinitionChanged || of(place).isEmpty() || changesPairs(place, event)) {
            resyncSoon(host, place);
        } else if (event instanceof HostEvent.MigrationChanged changed) {
            onPhase(place, changed.phase());
        } else {
            onDevice(place, event);
        }
    }

    /** A primary came that was not there, or went that was switched off. */
    private boolean changesPairs(Place place, HostEvent event) {
        if (event instanceof HostEvent.DevicePlugged e) {
            return tracked(new Key(place, e.device())).isEmpty();
        }
        return event instanceof HostEvent.DeviceGone e
                && tracked(new Key(place, e.device()))
                        .filter(t -> t.health == PairHealth.PENDING_RESTART)
                        .isPresent();
    }

    private void onDevice(Place place, HostEvent event) {
        for (Key key : of(place)) {
            PairView view = tracked(key).map(t -> t.view).orElseThrow();
            if (event instanceof HostEvent.WasReset) {
                tracked(key).ifPresent(t -> t.negotiated = Optional.empty());
                apply(key, new PairEvent.WasReset(), true);
            } else if (event instanceof HostEvent.StandbyNegotiated e
                    && e.standby().equals(view.standby())) {
                tracked(key).ifPresent(t -> t.negotiated = Optional.of(e.at()));
                apply(key, new PairEvent.Negotiated(), true);
            } else if (event instanceof HostEvent.UnplugRequested e
                    && e.primary().equals(view.primary())) {
                apply(key, new PairEvent.UnplugRequested(), false);
            } else if (event instanceof HostEvent.DeviceGone e && e.device().equals(view.primary())) {
                apply(key, new PairEvent.Released(), false);
            } else if (event instanceof HostEvent.DevicePlugged e && e.device().equals(view.primary())) {
                apply(key, new PairEvent.SeenPlugged(), true);
            } else if (event instanceof HostEvent.UnplugRefused e && e.device().equals(view.primary())) {
                apply(key, new PairEvent.TakenBack(), true);
            }
        }
    }

    /** The proof of a release is that QEMU goes on after it has waited; going on without a wait proves nothing. */
    private void onPhase(Place place, MigrationPhase phase) {
        switch (phase) {
            case SETUP -> waiting.remove(place);
            case WAIT_UNPLUG -> waiting.add(place);
            case ACTIVE, POSTCOPY, PRE_SWITCHOVER -> {
                if (waiting.remove(place)) {
                    of(place).stream()
                            .filter(k -> tracked(k)
                                    .filter(t -> t.health == PairHealth.UNPLUGGING)
                                    .isPresent())
                            .forEach(k -> apply(k, new PairEvent.Released(), false));
                }
            }
            case FAILED, CANCELLED -> {
                waiting.remove(place);
                of(place).forEach(k -> apply(k, new PairEvent.TakenBack(), true));
            }
            default -> {}
        }
    }

    private synchronized Optional<Tracked> tracked(Key key) {
        return Optional.ofNullable(tracked.getOrDefault(key.place(), Map.of()).get(key.primary()));
    }

    /** @param expecting whether the guest should do something now, even if its health stays the same */
    private void apply(Key key, PairEvent event, boolean expecting) {
        Optional<Tracked> found = tracked(key);
        if (found.isEmpty()
                || found.get().health == PairHealth.PENDING_RESTART
                || found.get().vfLost.isPresent()) {
            return;
        }
        Tracked t = found.get();
        PairHealth from = t.health;
        try {
            become(key, t, PairHealthStateMachine.next(t.health, event), "");
        } catch (UnderstudyException e) {
            LOG.warn("Pair {}: {}; asking the host", key, e.getMessage());
            resync(t.host, key.place().vm());
            return;
        }
        if (expecting || from != t.health) {
            expect(key, t);
        }
    }

    /** Begins to ask, for a health that can change without an event. */
    private void expect(Key key, Tracked t) {
        if (isOpen(t.health)) {
            t.askSince = scheduler.nanos();
            if (!t.asking) {
                t.asking = true;
                askAgain(key, t, schedule.first());
            }
        }
    }

    private void become(Key key, Tracked t, PairHealth health, String details) {
        PairHealth from = t.health;
        t.details = details;
        if (from != health) {
            t.health = health;
            changed.accept(
                    key,
                    new PairChanged(
                            key.place().vm(),
                            key.place().host(),
                            from,
                            PairHealthTracker.pair(t.view, health, details)));
        }
    }

    private void askAgain(Key key, Tracked t, Duration distance) {
        executor.schedule(key.place().host(), distance, key, guarded(() -> askedAgain(key, t, distance)));
    }

    private void askedAgain(Key key, Tracked t, Duration distance) {
        boolean inTime = scheduler.nanos() - t.askSince < schedule.limit().toNanos();
        t.asking = false;
        if (tracked(key).filter(now -> now == t).isPresent() && inTime && isOpen(t.health)) {
            t.asking = true;
            Duration next = distance.multipliedBy(2);
            askAgain(key, t, next.compareTo(schedule.slowest()) < 0 ? next : schedule.slowest());
            ask(key);
        }
    }

    /** True for a health that can change without an event. */
    private static boolean isOpen(PairHealth health) {
        return health == PairHealth.PARTIAL || health == PairHealth.HIDDEN;
    }

    private void ask(Key key) {
        Tracked t = tracked(key)
                .filter(now -> isOpen(now.health) || now.health == PairHealth.ACTIVE || now.health == PairHealth.FAULT)
                .orElse(null);
        if (t == null) {
            return;
        }
        switch (t.host.primaryPresence(key.place().vm(), key.primary())) {
            case ENABLED -> apply(key, new PairEvent.SeenEnabled(), false);
            case PLUGGED -> apply(key, new PairEvent.SeenPlugged(), false);
            case HIDDEN -> apply(key, new PairEvent.SeenHidden(), false);
            case ABSENT -> missing(key, t);
            case UNKNOWN -> LOG.debug("QEMU did not answer for {}", key);
        }
    }

    /**
     * Takes in what a host's NICs say of the VFs of its VMs; on the lane of its host.
     *
     * @param held the VF of each pair that has one
     */
    void onVfs(HostName host, Map<Key, VfView> held) {
        for (Key key : of(host)) {
            Tracked t = tracked(key).orElseThrow();
            Optional<String> now = Optional.ofNullable(held.get(key)).flatMap(vf -> wrong(t, vf));
            if (now.isPresent() && !now.equals(t.vfLost) && t.health != PairHealth.PENDING_RESTART) {
                become(key, t, PairHealthStateMachine.next(t.health, new PairEvent.VfLost()), now.get());
                t.vfLost = now;
            } else if (now.isEmpty() && t.vfLost.isPresent()) {
                t.vfLost = now;
                resync(t.host, key.place().vm());
            }
        }
    }

    /** A VF is set up anew before QEMU gets it; only one that a guest uses is expected to be as it should. */
    private static Optional<String> wrong(Tracked t, VfView vf) {
        t.misconfigured =
                t.health == PairHealth.ACTIVE || t.misconfigured.isPresent() ? astray(t.view, vf) : Optional.empty();
        return vf.state() == VfState.FAULT
                ? Optional.of("VF " + vf.address() + ": " + vf.reason())
                : t.misconfigured.map(how -> "VF " + vf.address() + " " + how);
    }

    private static Optional<String> astray(PairView pair, VfView vf) {
        if (vf.mac().filter(mac -> !mac.equals(pair.mac())).isPresent() && !pair.trusted()) {
            return Optional.of("has MAC " + vf.mac().get() + ", the pair needs " + pair.mac());
        }
        return vf.vlan().isPresent() && vf.vlan().getAsInt() != pair.vlan()
                ? Optional.of("has VLAN " + vf.vlan().getAsInt() + ", the pair needs " + pair.vlan())
                : Optional.empty();
    }

    boolean isMisconfigured(Key key) {
        return tracked(key).filter(t -> t.misconfigured.isPresent()).isPresent();
    }

    private synchronized List<Key> of(HostName host) {
        return tracked.keySet().stream()
                .filter(place -> place.host().equals(host))
                .flatMap(place -> of(place).stream())
                .toList();
    }

    private void missing(Key key, Tracked t) {
        if (t.health != PairHealth.FAULT
                && scheduler.nanos() - t.askSince >= schedule.missingAfter().toNanos()) {
            become(
                    key,
                    t,
                    PairHealthStateMachine.next(t.health, new PairEvent.SeenMissing()),
                    "QEMU does not have " + key.primary() + ", though it was to be plugged." + causes(key, t));
        }
    }

    private static String causes(Key key, Tracked t) {
        try {
            return t.host.whyWithout(key.place().vm(), key.primary()).stream()
                    .map(cause -> " " + cause.message() + " " + cause.remedy())
                    .collect(Collectors.joining());
        } catch (UnderstudyException e) {
            LOG.debug("No cause is known for {}: {}", key, e.getMessage());
            return "";
        }
    }

    private void resyncSoon(Host host, Place place) {
        if (due.add(place)) {
            Runnable reading = () -> {
                due.remove(place);
                resync(host, place.vm());
            };
            executor.schedule(place.host(), schedule.burst(), place, guarded(reading));
        }
    }

    /** What was planned for the pairs of a host may have been dropped; on the lane of the host. */
    void forgetPlans(HostName host) {
        due.removeIf(place -> place.host().equals(host));
        of(host).forEach(key -> tracked(key).ifPresent(t -> t.asking = false));
    }

    /** Takes the truth from the host, whatever was thought before. */
    void resync(Host host, VmName vm) {
        Place place = new Place(host.name(), vm);
        Map<PairView, PairProber.Seen> seen = prober.of(host, vm);
        Set<Key> gone = new HashSet<>(of(place));
        seen.forEach((view, now) -> {
            Key key = new Key(place, view.primary());
            gone.remove(key);
            Tracked t = track(key, host, view);
            if (t.vfLost.isEmpty() || now.health() == PairHealth.PENDING_RESTART) {
                become(key, t, now.health(), now.details());
                expect(key, t);
            }
        });
        gone.forEach(this::forget);
    }

    private synchronized Tracked track(Key key, Host host, PairView view) {
        return tracked.computeIfAbsent(key.place(), p -> new HashMap<>())
                .compute(
                        key.primary(),
                        (p, old) -> old != null && old.host == host ? old.as(view) : new Tracked(host, view));
    }

    private void forget(Place place) {
        waiting.remove(place);
        of(place).forEach(this::forget);
    }

    private void forget(Key key) {
        tracked(key).ifPresent(t -> become(key, t, PairHealth.OFF, ""));
        synchronized (this) {
            tracked.computeIfPresent(key.place(), (place, pairs) -> {
                pairs.remove(key.primary());
                return pairs.isEmpty() ? null : pairs;
            });
        }
    }
}

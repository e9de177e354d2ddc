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
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;
import org.understudy.core.definition.DomainView.PairView;

/**
 * Updates the health of pairs of running VMs by events. An event that is impossible in the current health means that
 * another was missed: it is logged, and the state is read from the host. Unless a method states otherwise, it is called only
 * by tasks of the pair's host.
 */
final class PairHealthUpdater {
    private static final Logger LOG = LoggerFactory.getLogger(PairHealthUpdater.class);

    /** One pair of a running VM. Changed only by tasks of its host. */
    private static final class Tracked {
        private final Host host;
        private volatile PairView view;
        private volatile PairHealth health = PairHealth.OFF;
        private volatile String details = "";
        private long pollSince;
        private boolean polling;
        /** Why its VF cannot be used; empty while it can. If present, the state in QEMU is ignored. */
        private Optional<String> vfLost = Optional.empty();
        /** When the guest's driver negotiated standby; empty if no such event was received. */
        private volatile Optional<Instant> negotiated = Optional.empty();
        /** How its VF differs from what the pair needs; empty if it does not. */
        private volatile Optional<String> misconfigured = Optional.empty();

        Tracked(Host host, PairView view) {
            this.host = host;
            this.view = view;
        }

        /** The live and the stored definition differ, and the primary may be in only one of them. */
        Tracked with(PairView other) {
            view = other;
            return this;
        }
    }

    private final PollSchedule schedule;
    private final PairProber prober;
    private final HostExecutor executor;
    private final Scheduler scheduler;
    private final BiConsumer<PairKey, PairChanged> changed;
    /** By VM, as a fleet has tens of thousands of pairs and most calls are for one VM. */
    private final Map<VmKey, Map<Alias, Tracked>> tracked = new HashMap<>();

    /** VMs whose migration waits for an unplug. */
    private final Set<VmKey> waitingForUnplug = ConcurrentHashMap.newKeySet();
    /** VMs whose reading is scheduled. */
    private final Set<VmKey> resyncScheduled = ConcurrentHashMap.newKeySet();

    PairHealthUpdater(
            PollSchedule schedule,
            PairProber prober,
            HostExecutor executor,
            Scheduler scheduler,
            BiConsumer<PairKey, PairChanged> changed) {
        this.schedule = schedule;
        this.prober = prober;
        this.executor = executor;
        this.scheduler = scheduler;
        this.changed = changed;
    }

    /** Running VMs with a pair that lacks its primary. For any thread. */
    synchronized List<VmKey> withoutPrimary() {
        return tracked.entrySet().stream()
                .filter(e -> e.getValue().values().stream().anyMatch(t -> lacksPrimary(t.health)))
                .map(Map.Entry::getKey)
                .toList();
    }

    synchronized Map<MacAddress, Set<String>> macUsers(HostName host) {
        Map<MacAddress, Set<String>> users = new HashMap<>();
        of(host).forEach(key -> tracked(key)
                .ifPresent(t -> users.computeIfAbsent(t.view.mac(), mac -> new HashSet<>())
                        .add(key.vm().vm().value())));
        return users;
    }

    /** Sets the details of a pair that lacks its primary. */
    void annotate(PairKey key, String details) {
        tracked(key).filter(t -> lacksPrimary(t.health) && t.vfLost.isEmpty()).ifPresent(t -> t.details = details);
    }

    /** For any thread. */
    boolean isTracked(VmKey vm) {
        return !of(vm).isEmpty();
    }

    /** When the guest's driver negotiated standby, if the event was received. For any thread. */
    Optional<Instant> negotiated(PairKey key) {
        return tracked(key).flatMap(t -> t.negotiated);
    }

    /** For any thread. */
    Optional<Pair> health(PairKey key) {
        return tracked(key).map(t -> pair(t.view, t.health, t.details));
    }

    static boolean lacksPrimary(PairHealth health) {
        return health == PairHealth.ON_STANDBY || health == PairHealth.FAULT;
    }

    static Pair pair(PairView p, PairHealth health, String details) {
        return new Pair(p.standby(), p.primary(), p.mac(), p.pool(), p.kind(), health, details);
    }

    /** Polls for changes that cause no event. */
    void poll(VmKey vm) {
        of(vm).forEach(this::poll);
    }

    private synchronized List<PairKey> of(VmKey vm) {
        return tracked.getOrDefault(vm, Map.of()).keySet().stream()
                .map(primary -> new PairKey(vm, primary))
                .toList();
    }

    /** A task that fails is not repeated: the next event or poll reads the host again. */
    static Runnable guarded(Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (UnderstudyException e) {
                LOG.warn("Pair health could not be read, retrying at the next event: {}", e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("Unhandled exception while updating pair health", e);
            }
        };
    }

    /** Processes an event. */
    void onEvent(Host host, HostEvent event) {
        VmKey vm = new VmKey(host.name(), event.vm());
        if (event instanceof HostEvent.Stopped) {
            forget(vm);
        } else if (event instanceof HostEvent.EventsMissed) {
            waitingForUnplug.remove(vm);
            resyncSoon(host, vm);
        } else if (event instanceof HostEvent.DefinitionChanged || of(vm).isEmpty() || changesPairs(vm, event)) {
            resyncSoon(host, vm);
        } else if (event instanceof HostEvent.MigrationChanged changed) {
            onPhase(vm, changed.phase());
        } else {
            onDevice(vm, event);
        }
    }

    /** A primary that is not tracked was plugged, or one that was switched off is gone. */
    private boolean changesPairs(VmKey vm, HostEvent event) {
        if (event instanceof HostEvent.DevicePlugged e) {
            return tracked(new PairKey(vm, e.device())).isEmpty();
        }
        return event instanceof HostEvent.DeviceGone e
                && tracked(new PairKey(vm, e.device()))
                        .filter(t -> t.health == PairHealth.PENDING_RESTART)
                        .isPresent();
    }

    private void onDevice(VmKey vm, HostEvent event) {
        for (PairKey key : of(vm)) {
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
                apply(key, new PairEvent.UnplugAborted(), true);
            }
        }
    }

    /** QEMU proves a release by continuing after a wait for the unplug; continuing without a wait proves nothing. */
    private void onPhase(VmKey vm, MigrationPhase phase) {
        switch (phase) {
            case SETUP -> waitingForUnplug.remove(vm);
            case WAIT_UNPLUG -> waitingForUnplug.add(vm);
            case ACTIVE, POSTCOPY, PRE_SWITCHOVER -> {
                if (waitingForUnplug.remove(vm)) {
                    of(vm).stream()
                            .filter(k -> tracked(k)
                                    .filter(t -> t.health == PairHealth.UNPLUGGING)
                                    .isPresent())
                            .forEach(k -> apply(k, new PairEvent.Released(), false));
                }
            }
            case FAILED, CANCELLED -> {
                waitingForUnplug.remove(vm);
                of(vm).forEach(k -> apply(k, new PairEvent.UnplugAborted(), true));
            }
            default -> {}
        }
    }

    private synchronized Optional<Tracked> tracked(PairKey key) {
        return Optional.ofNullable(tracked.getOrDefault(key.vm(), Map.of()).get(key.primary()));
    }

    /** @param poll whether to poll for a change by the guest, even if the health stays the same */
    private void apply(PairKey key, PairEvent event, boolean poll) {
        Optional<Tracked> found = tracked(key);
        if (found.isEmpty()
                || found.get().health == PairHealth.PENDING_RESTART
                || found.get().vfLost.isPresent()) {
            return;
        }
        Tracked t = found.get();
        PairHealth from = t.health;
        try {
            setHealth(key, t, PairHealthStateMachine.next(t.health, event), "");
        } catch (UnderstudyException e) {
            LOG.warn("Pair {}: {}, reading the state from the host", key, e.getMessage());
            resync(t.host, key.vm().vm());
            return;
        }
        if (poll || from != t.health) {
            startPolling(key, t);
        }
    }

    /** Starts polling in a health that can change without an event. */
    private void startPolling(PairKey key, Tracked t) {
        if (changesWithoutEvent(t.health)) {
            t.pollSince = scheduler.nanos();
            if (!t.polling) {
                t.polling = true;
                schedulePoll(key, t, schedule.first());
            }
        }
    }

    private void setHealth(PairKey key, Tracked t, PairHealth health, String details) {
        PairHealth from = t.health;
        t.details = details;
        if (from != health) {
            t.health = health;
            changed.accept(key, new PairChanged(key.vm().vm(), key.vm().host(), from, pair(t.view, health, details)));
        }
    }

    private void schedulePoll(PairKey key, Tracked t, Duration interval) {
        executor.schedule(key.vm().host(), interval, key, guarded(() -> pollAgain(key, t, interval)));
    }

    private void pollAgain(PairKey key, Tracked t, Duration interval) {
        boolean inTime = scheduler.nanos() - t.pollSince < schedule.limit().toNanos();
        t.polling = false;
        if (tracked(key).filter(now -> now == t).isPresent() && inTime && changesWithoutEvent(t.health)) {
            t.polling = true;
            Duration next = interval.multipliedBy(2);
            schedulePoll(key, t, next.compareTo(schedule.slowest()) < 0 ? next : schedule.slowest());
            poll(key);
        }
    }

    /** True for a health that can change without an event. */
    private static boolean changesWithoutEvent(PairHealth health) {
        return health == PairHealth.PARTIAL || health == PairHealth.HIDDEN;
    }

    private void poll(PairKey key) {
        Tracked t = tracked(key)
                .filter(now -> changesWithoutEvent(now.health)
                        || now.health == PairHealth.ACTIVE
                        || now.health == PairHealth.FAULT)
                .orElse(null);
        if (t == null) {
            return;
        }
        switch (t.host.primaryPresence(key.vm().vm(), key.primary())) {
            case ENABLED -> apply(key, new PairEvent.SeenEnabled(), false);
            case PLUGGED -> apply(key, new PairEvent.SeenPlugged(), false);
            case HIDDEN -> apply(key, new PairEvent.SeenHidden(), false);
            case ABSENT -> onMissing(key, t);
            case UNKNOWN -> LOG.debug("Pair {}: QEMU did not answer", key);
        }
    }

    /**
     * Processes the state of the VFs of a host.
     *
     * @param held the VF of each pair that has one
     */
    void onVfs(HostName host, Map<PairKey, VfView> held) {
        for (PairKey key : of(host)) {
            Tracked t = tracked(key).orElseThrow();
            Optional<String> now = Optional.ofNullable(held.get(key)).flatMap(vf -> vfProblem(t, vf));
            if (now.isPresent() && !now.equals(t.vfLost) && t.health != PairHealth.PENDING_RESTART) {
                setHealth(key, t, PairHealthStateMachine.next(t.health, new PairEvent.VfLost()), now.get());
                t.vfLost = now;
            } else if (now.isEmpty() && t.vfLost.isPresent()) {
                t.vfLost = now;
                resync(t.host, key.vm().vm());
            }
        }
    }

    /** A VF is set up again before QEMU gets it, so its settings count only while a guest uses it. */
    private static Optional<String> vfProblem(Tracked t, VfView vf) {
        t.misconfigured = t.health == PairHealth.ACTIVE || t.misconfigured.isPresent()
                ? misconfiguration(t.view, vf)
                : Optional.empty();
        return vf.state() == VfState.FAULT
                ? Optional.of("VF " + vf.address() + ": " + vf.reason())
                : t.misconfigured.map(problem -> "VF " + vf.address() + " " + problem);
    }

    private static Optional<String> misconfiguration(PairView pair, VfView vf) {
        if (vf.mac().filter(mac -> !mac.equals(pair.mac())).isPresent() && !pair.trusted()) {
            return Optional.of("has MAC " + vf.mac().get() + ", the pair needs " + pair.mac());
        }
        return vf.vlan().isPresent() && vf.vlan().getAsInt() != pair.vlan()
                ? Optional.of("has VLAN " + vf.vlan().getAsInt() + ", the pair needs " + pair.vlan())
                : Optional.empty();
    }

    /** For any thread. */
    boolean isMisconfigured(PairKey key) {
        return tracked(key).filter(t -> t.misconfigured.isPresent()).isPresent();
    }

    private synchronized List<PairKey> of(HostName host) {
        return tracked.keySet().stream()
                .filter(vm -> vm.host().equals(host))
                .flatMap(vm -> of(vm).stream())
                .toList();
    }

    private void onMissing(PairKey key, Tracked t) {
        if (t.health != PairHealth.FAULT
                && scheduler.nanos() - t.pollSince >= schedule.missingAfter().toNanos()) {
            setHealth(
                    key,
                    t,
                    PairHealthStateMachine.next(t.health, new PairEvent.SeenMissing()),
                    "QEMU does not have " + key.primary() + ", although it should be plugged." + causes(key, t));
        }
    }

    private static String causes(PairKey key, Tracked t) {
        try {
            return t.host.whyWithout(key.vm().vm(), key.primary()).stream()
                    .map(cause -> " " + sentence(cause.message()) + " " + cause.remedy())
                    .collect(Collectors.joining());
        } catch (UnderstudyException e) {
            LOG.debug("Pair {}: cause of the missing primary is unknown: {}", key, e.getMessage());
            return "";
        }
    }

    private static String sentence(String message) {
        return message.endsWith(".") ? message : message + ".";
    }

    private void resyncSoon(Host host, VmKey vm) {
        if (resyncScheduled.add(vm)) {
            Runnable reading = () -> {
                resyncScheduled.remove(vm);
                resync(host, vm.vm());
            };
            executor.schedule(vm.host(), schedule.burst(), vm, guarded(reading));
        }
    }

    /** Allows new readings and polls of a host whose scheduled tasks may have been dropped. */
    void resetPolling(HostName host) {
        resyncScheduled.removeIf(vm -> vm.host().equals(host));
        of(host).forEach(key -> tracked(key).ifPresent(t -> t.polling = false));
    }

    /** Replaces the tracked state of a VM with that of the host. */
    void resync(Host host, VmName name) {
        VmKey vm = new VmKey(host.name(), name);
        Map<PairView, PairProber.Reading> readings = prober.of(host, name);
        Set<PairKey> gone = new HashSet<>(of(vm));
        readings.forEach((view, now) -> {
            PairKey key = new PairKey(vm, view.primary());
            gone.remove(key);
            Tracked t = track(key, host, view);
            if (t.vfLost.isEmpty() || now.health() == PairHealth.PENDING_RESTART) {
                setHealth(key, t, now.health(), now.details());
                startPolling(key, t);
            }
        });
        gone.forEach(this::forget);
    }

    private synchronized Tracked track(PairKey key, Host host, PairView view) {
        return tracked.computeIfAbsent(key.vm(), p -> new HashMap<>())
                .compute(
                        key.primary(),
                        (p, old) -> old != null && old.host == host ? old.with(view) : new Tracked(host, view));
    }

    private void forget(VmKey vm) {
        waitingForUnplug.remove(vm);
        of(vm).forEach(this::forget);
    }

    private void forget(PairKey key) {
        tracked(key).ifPresent(t -> setHealth(key, t, PairHealth.OFF, ""));
        synchronized (this) {
            tracked.computeIfPresent(key.vm(), (v, pairs) -> {
                pairs.remove(key.primary());
                return pairs.isEmpty() ? null : pairs;
            });
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.PairHealth;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfView;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.inventory.VmReading;

/**
 * Updates the health of pairs of running VMs by events. An event that is impossible in the current health means that
 * another was missed: it is logged, and the state is read from the host. Called only by tasks of the pair's host.
 */
final class PairHealthUpdater {
    private static final Logger LOG = LoggerFactory.getLogger(PairHealthUpdater.class);

    private final TrackedPairs pairs;
    private final PollSchedule schedule;
    private final PairProber prober;
    private final HostExecutor executor;
    private final PairPoller poller;

    /** VMs whose migration waits for an unplug. */
    private final Set<VmKey> waitingForUnplug = ConcurrentHashMap.newKeySet();
    /** VMs whose reading is scheduled. */
    private final Set<VmKey> resyncScheduled = ConcurrentHashMap.newKeySet();

    PairHealthUpdater(
            TrackedPairs pairs, PollSchedule schedule, PairProber prober, HostExecutor executor, Scheduler scheduler) {
        this.pairs = pairs;
        this.schedule = schedule;
        this.prober = prober;
        this.executor = executor;
        this.poller = new PairPoller(pairs, schedule, executor, scheduler, (key, event) -> apply(key, event, false));
    }

    /** Polls for changes that cause no event. */
    void poll(VmKey vm) {
        poller.poll(vm);
    }

    /** Processes an event. */
    void onEvent(Host host, HostEvent event) {
        VmKey vm = new VmKey(host.name(), event.vm());
        if (event instanceof HostEvent.Stopped) {
            forget(vm);
        } else if (event instanceof HostEvent.EventsMissed) {
            waitingForUnplug.remove(vm);
            // The guest may have been reset.
            pairs.of(vm).forEach(key -> pairs.find(key).ifPresent(pair -> pair.setNegotiated(Optional.empty())));
            resyncSoon(host, vm);
        } else if (event instanceof HostEvent.DefinitionChanged || !pairs.has(vm) || changesPairs(vm, event)) {
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
            return pairs.find(new PairKey(vm, e.device())).isEmpty();
        }
        return event instanceof HostEvent.DeviceGone e
                && pairs.find(new PairKey(vm, e.device()))
                        .filter(pair -> pair.health() == PairHealth.PENDING_RESTART)
                        .isPresent();
    }

    private void onDevice(VmKey vm, HostEvent event) {
        for (PairKey key : pairs.of(vm)) {
            TrackedPair pair = pairs.find(key).orElseThrow();
            PairView view = pair.view();
            if (event instanceof HostEvent.WasReset) {
                pair.setNegotiated(Optional.empty());
                apply(key, new PairEvent.WasReset(), true);
            } else if (event instanceof HostEvent.StandbyNegotiated e
                    && e.standby().equals(view.standby())) {
                pair.setNegotiated(Optional.of(e.at()));
                boolean wasInUse = pair.health() == PairHealth.ACTIVE;
                apply(key, new PairEvent.Negotiated(), true);
                if (wasInUse
                        && pair.health() == PairHealth.ACTIVE
                        && pair.host().marksQueriedVms()) {
                    // A plug follows, which may fail.
                    resyncSoon(pair.host(), vm);
                }
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
                    pairs.of(vm).stream()
                            .filter(key -> pairs.find(key)
                                    .filter(pair -> pair.health() == PairHealth.UNPLUGGING)
                                    .isPresent())
                            .forEach(key -> apply(key, new PairEvent.Released(), false));
                }
            }
            case FAILED, CANCELLED -> {
                waitingForUnplug.remove(vm);
                pairs.of(vm).forEach(key -> apply(key, new PairEvent.UnplugAborted(), true));
            }
            default -> {}
        }
    }

    /** @param poll whether to poll for a change by the guest, even if the health stays the same */
    private void apply(PairKey key, PairEvent event, boolean poll) {
        Optional<TrackedPair> found = pairs.find(key).filter(TrackedPair::followsQemu);
        if (found.isEmpty()) {
            return;
        }
        TrackedPair pair = found.get();
        PairHealth from = pair.health();
        try {
            pairs.setHealth(key, pair, PairHealthStateMachine.next(from, event), "");
        } catch (UnderstudyException e) {
            LOG.warn("Pair {}: {}, reading the state from the host", key, e.getMessage());
            resync(pair.host(), key.vm().vm());
            return;
        }
        if (poll || from != pair.health()) {
            poller.start(key, pair);
        }
    }

    /** Sets the details of a pair that lacks its primary. */
    void annotate(PairKey key, String details) {
        pairs.find(key).ifPresent(pair -> pairs.annotate(key, pair, details));
    }

    /**
     * Processes the state of the VFs of a host.
     *
     * @param held the VF of each pair that has one
     * @param poolVlan the VLAN that the pools of a VF give it; 0 for none
     */
    void onVfs(HostName host, Map<PairKey, VfView> held, ToIntFunction<VfView> poolVlan) {
        for (PairKey key : pairs.of(host)) {
            TrackedPair pair = pairs.find(key).orElseThrow();
            Optional<String> now =
                    Optional.ofNullable(held.get(key)).flatMap(vf -> pair.checkVf(vf, poolVlan.applyAsInt(vf)));
            if (now.isPresent() && !now.equals(pair.vfLost()) && pair.health() != PairHealth.PENDING_RESTART) {
                PairHealth lost = PairHealthStateMachine.next(pair.health(), new PairEvent.VfLost());
                pairs.setHealth(key, pair, lost, now.get());
                pair.setVfLost(now);
            } else if (now.isEmpty() && pair.vfLost().isPresent()) {
                pair.setVfLost(now);
                resync(pair.host(), key.vm().vm());
            }
        }
    }

    /** Reads the state of a VM after a short while, which serves further events. */
    void resyncSoon(Host host, VmKey vm) {
        if (resyncScheduled.add(vm)) {
            Runnable reading = () -> {
                resyncScheduled.remove(vm);
                resync(host, vm.vm());
            };
            executor.schedule(vm.host(), schedule.burst(), vm, new HealthTask(reading));
        }
    }

    /** Allows new readings and polls of a host whose scheduled tasks may have been dropped. */
    void resetPolling(HostName host) {
        resyncScheduled.removeIf(vm -> vm.host().equals(host));
        poller.reset(host);
    }

    /** Replaces the tracked state of a VM with that of the host. */
    void resync(Host host, VmName name) {
        adopt(host, name, prober.of(host, name));
    }

    /** As {@link #resync}, with definitions that were just read. */
    void resync(Host host, VmReading read) {
        adopt(host, read.vm().name(), prober.of(host, read));
    }

    private void adopt(Host host, VmName name, Map<PairView, PairProber.Reading> readings) {
        VmKey vm = new VmKey(host.name(), name);
        Set<PairKey> gone = new HashSet<>(pairs.of(vm));
        readings.forEach((view, now) -> {
            PairKey key = new PairKey(vm, view.primary());
            gone.remove(key);
            TrackedPair pair = pairs.track(key, host, view);
            if (pair.vfLost().isEmpty() || now.health() == PairHealth.PENDING_RESTART) {
                pairs.setHealth(key, pair, now.health(), now.details());
                poller.start(key, pair);
            }
        });
        gone.forEach(pairs::forget);
    }

    private void forget(VmKey vm) {
        waitingForUnplug.remove(vm);
        pairs.of(vm).forEach(pairs::forget);
    }
}

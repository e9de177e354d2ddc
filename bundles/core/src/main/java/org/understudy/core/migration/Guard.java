// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.domain.DomainView.PairView;
import org.understudy.core.migration.Journal.PendingEject;

/**
 * Remembers what makes it unsafe to ask a guest for its primary, and plugs a primary again that the guest released
 * only after its migration had been cancelled: nobody else does that. Events may come on any thread; plugging is done
 * on a thread of its own.
 */
final class Guard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
    private static final Duration LEAVE = Duration.ofSeconds(3);

    private record Place(HostName host, VmName vm) {}

    private static final class Signs {
        private Optional<Long> plugged = Optional.empty();
        private Optional<Long> reset = Optional.empty();
        private boolean negotiatedSinceReset;
        private final Map<Alias, PairView> pending = new HashMap<>();
    }

    private final Journal journal;
    private final Map<Place, Signs> places = new HashMap<>();
    private final ExecutorService plugger = Executors.newSingleThreadExecutor(r -> {
        Thread thread = new Thread(r, "understudy-replug");
        thread.setDaemon(true);
        return thread;
    });
    private boolean closed;

    /** @param journal keeps over a restart which primaries may still be released */
    Guard(Journal journal) {
        this.journal = journal;
        journal.pendingEjects()
                .forEach(p -> signsOf(p.host(), p.vm()).pending.put(p.pair().primary(), p.pair()));
    }

    private synchronized Signs signsOf(HostName host, VmName vm) {
        return places.computeIfAbsent(new Place(host, vm), p -> new Signs());
    }

    /** Looks what became, while nobody listened, of the primaries a host's guests may have released. */
    void onOpened(Host host) {
        for (PendingEject p : pendingEjects()) {
            if (p.host().equals(host.name())) {
                later(() -> lookAfter(host, p));
            }
        }
    }

    private synchronized void later(Runnable work) {
        if (!closed) {
            plugger.execute(work);
        }
    }

    private void lookAfter(Host host, PendingEject pending) {
        try {
            VmState state = host.find(pending.vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
            if (state == VmState.SHUTOFF) {
                forget(host.name(), pending.vm());
            } else if (host.primaryPresence(pending.vm(), pending.pair().primary()) == PrimaryPresence.ABSENT) {
                replug(host, pending.vm(), pending.pair());
            }
        } catch (UnderstudyException e) {
            LOG.warn("Whether VM {} has its primary is not known for now: {}", pending.vm(), e.getMessage());
        }
    }

    private synchronized List<PendingEject> pendingEjects() {
        List<PendingEject> all = new ArrayList<>();
        places.forEach((place, signs) ->
                signs.pending.values().forEach(pair -> all.add(new PendingEject(place.host(), place.vm(), pair))));
        return all;
    }

    private synchronized void keepPendingEjects() {
        try {
            journal.pendingEjects(pendingEjects());
        } catch (UnderstudyException e) {
            LOG.error("After a restart it will not be known which primaries may still be released", e);
        }
    }

    /** Takes note of an event; hands off what takes time. */
    void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.WasReset) {
            note(host.name(), event.vm(), s -> {
                s.reset = Optional.of(System.nanoTime());
                s.negotiatedSinceReset = false;
            });
        } else if (event instanceof HostEvent.StandbyNegotiated) {
            note(host.name(), event.vm(), s -> {
                s.negotiatedSinceReset = true;
                s.plugged = Optional.of(System.nanoTime());
            });
        } else if (event instanceof HostEvent.DevicePlugged plugged) {
            noLongerPending(host.name(), event.vm(), plugged.device());
            plugged(host.name(), event.vm());
        } else if (event instanceof HostEvent.DeviceGone gone) {
            replugIfPending(host, gone);
        } else if (event instanceof HostEvent.Stopped) {
            forget(host.name(), event.vm());
        }
    }

    private synchronized void note(HostName host, VmName vm, Consumer<Signs> change) {
        change.accept(signsOf(host, vm));
    }

    private synchronized void forget(HostName host, VmName vm) {
        Signs gone = places.remove(new Place(host, vm));
        if (gone != null && !gone.pending.isEmpty()) {
            keepPendingEjects();
        }
    }

    /** Starts the settle time of a VM. */
    void plugged(HostName host, VmName vm) {
        note(host, vm, s -> s.plugged = Optional.of(System.nanoTime()));
    }

    /** From now on the guest may release this primary at any time, though nobody wants it any more. */
    void ejectPending(HostName host, VmName vm, PairView pair) {
        note(host, vm, s -> s.pending.put(pair.primary(), pair));
        keepPendingEjects();
    }

    private void replugIfPending(Host host, HostEvent.DeviceGone gone) {
        pending(host.name(), gone.vm(), gone.device()).ifPresent(pair -> later(() -> replug(host, gone.vm(), pair)));
    }

    private synchronized Optional<PairView> pending(HostName host, VmName vm, Alias primary) {
        return Optional.ofNullable(places.get(new Place(host, vm))).map(s -> s.pending.get(primary));
    }

    /** Whoever plugged it: a primary that is plugged was released before. */
    private synchronized void noLongerPending(HostName host, VmName vm, Alias primary) {
        if (signsOf(host, vm).pending.remove(primary) != null) {
            keepPendingEjects();
        }
    }

    private void replug(Host host, VmName vm, PairView pair) {
        Alias primary = pair.primary();
        if (isClosed()) {
            return;
        }
        try {
            host.plugPrimary(vm, primary, pair.vf());
            noLongerPending(host.name(), vm, primary);
            plugged(host.name(), vm);
            LOG.info("Plugged {} of VM {} again, which its guest released after a cancelled migration", primary, vm);
        } catch (RuntimeException e) {
            LOG.error("VM {} is without {}: it could not be plugged again: {}", vm, primary, e.toString());
        }
    }

    /** Why this VM must not be asked for its primaries now; empty if nothing speaks against it. */
    List<Finding> findings(Host host, VmName vm, List<PairView> pairs, Duration settle) {
        List<Finding> found = new ArrayList<>();
        if (pairs.isEmpty()) {
            return found;
        }
        String subject = "vm " + vm;
        Signs signs = signs(host.name(), vm);
        if (isRebooting(host, vm, signs, pairs, settle)) {
            found.add(Finding.of(
                    FindingCode.GUEST_REBOOTING,
                    subject,
                    "The guest was reset and has not taken its standby NIC again.",
                    "Wait until the guest has booted."));
        }
        if (signs.plugged.filter(at -> isWithin(at, settle)).isPresent()) {
            found.add(Finding.of(
                    FindingCode.SETTLING,
                    subject,
                    "A primary was plugged less than " + settle.toMillis() + " ms ago.",
                    "Try again in a moment."));
        }
        signs.pending.keySet().forEach(primary -> found.add(ejectPendingFinding(subject, primary)));
        return found;
    }

    /** A copy, so that it can be read while events come. */
    private synchronized Signs signs(HostName host, VmName vm) {
        Signs now = places.getOrDefault(new Place(host, vm), new Signs());
        Signs copy = new Signs();
        copy.plugged = now.plugged;
        copy.reset = now.reset;
        copy.negotiatedSinceReset = now.negotiatedSinceReset;
        copy.pending.putAll(now.pending);
        return copy;
    }

    static Finding ejectPendingFinding(String subject, Alias primary) {
        return Finding.of(
                FindingCode.EJECT_PENDING,
                subject + ", primary " + primary,
                "The guest may still release " + primary + ", as an earlier, cancelled migration asked it to.",
                "Wait until it does, it is then plugged again; or restart the VM.");
    }

    private static boolean isRebooting(Host host, VmName vm, Signs signs, List<PairView> pairs, Duration settle) {
        if (signs.reset.isEmpty()) {
            return false;
        }
        if (signs.reset.filter(at -> isWithin(at, settle)).isPresent()) {
            return true;
        }
        return pairs.stream()
                .anyMatch(p -> !host.standbyNegotiated(vm, p.standby()).orElse(signs.negotiatedSinceReset));
    }

    private static boolean isWithin(long nanos, Duration span) {
        return System.nanoTime() - nanos < span.toNanos();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /**
     * What was not begun is left to the next start. What was begun is waited for, so that a successor neither does it
     * a second time nor reads the journal before it says so.
     */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        plugger.shutdown();
        try {
            if (!plugger.awaitTermination(LEAVE.toMillis(), TimeUnit.MILLISECONDS)) {
                plugger.shutdownNow();
            }
        } catch (InterruptedException e) {
            plugger.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.Scheduler;
import org.understudy.core.definition.DomainView.PairView;

/**
 * Refuses a migration while an unplug is unsafe. Events may arrive on any thread and never block; a primary that the guest
 * releases after a cancel is plugged again by {@link LateUnplugs}.
 */
public final class UnplugGuard implements AutoCloseable {
    private record VmOnHost(HostName host, VmName vm) {}

    private static final class GuestState {
        private Optional<Long> plugged = Optional.empty();
        private Optional<Long> reset = Optional.empty();
        private boolean negotiatedSinceReset;
    }

    private final Scheduler scheduler;
    private final LateUnplugs late;
    private final Map<VmOnHost, GuestState> states = new HashMap<>();

    /** @param store keeps pending unplugs over a restart */
    public UnplugGuard(PendingUnplug.Store store, Scheduler scheduler) {
        this.scheduler = scheduler;
        this.late = new LateUnplugs(store, scheduler, this::plugged);
    }

    /** Checks primaries that guests of this host may have released while it was closed. */
    public void onOpened(Host host) {
        late.onOpened(host);
    }

    /** Records an event; work that takes time is handed to other threads. */
    public void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.WasReset) {
            update(host.name(), event.vm(), s -> {
                s.reset = Optional.of(scheduler.nanos());
                s.negotiatedSinceReset = false;
            });
        } else if (event instanceof HostEvent.StandbyNegotiated) {
            update(host.name(), event.vm(), s -> {
                s.negotiatedSinceReset = true;
                s.plugged = Optional.of(scheduler.nanos());
            });
        } else if (event instanceof HostEvent.DevicePlugged plugged) {
            late.plugged(host.name(), event.vm(), plugged.device());
            plugged(host.name(), event.vm());
        } else if (event instanceof HostEvent.DeviceGone gone) {
            late.released(host, gone.vm(), gone.device());
        } else if (event instanceof HostEvent.EventsMissed) {
            eventsMissed(host, event.vm());
        } else if (event instanceof HostEvent.Stopped) {
            forget(host.name(), event.vm());
            late.stopped(host.name(), event.vm());
        }
    }

    /** The guest may have been reset, and a primary plugged or released. If QEMU reports a negotiation, its report decides. */
    private void eventsMissed(Host host, VmName vm) {
        update(host.name(), vm, s -> {
            s.reset = Optional.of(scheduler.nanos());
            s.negotiatedSinceReset = true;
            s.plugged = s.reset;
        });
        late.onOpened(host);
    }

    private synchronized GuestState stateOf(HostName host, VmName vm) {
        return states.computeIfAbsent(new VmOnHost(host, vm), p -> new GuestState());
    }

    private synchronized void update(HostName host, VmName vm, Consumer<GuestState> change) {
        change.accept(stateOf(host, vm));
    }

    private synchronized void forget(HostName host, VmName vm) {
        states.remove(new VmOnHost(host, vm));
    }

    /** Starts the settle time of a VM. */
    public void plugged(HostName host, VmName vm) {
        update(host, vm, s -> s.plugged = Optional.of(scheduler.nanos()));
    }

    /** Records that the guest may release this primary at any time, although the migration was cancelled. */
    public void unplugPending(HostName host, VmName vm, PairView pair) {
        late.add(new PendingUnplug(host, vm, pair));
    }

    /** Why an unplug of the primaries is unsafe at present; empty if it is safe. Blocks for the host's answers. */
    public List<Finding> findings(Host host, VmName vm, List<PairView> pairs, Duration settle) {
        List<Finding> found = new ArrayList<>();
        if (pairs.isEmpty()) {
            return found;
        }
        String subject = "vm " + vm;
        GuestState state = copyOf(host.name(), vm);
        if (isRebooting(host, vm, state, pairs, settle)) {
            found.add(Finding.of(
                    FindingCode.GUEST_REBOOTING,
                    subject,
                    "The guest was reset and has not negotiated standby again",
                    "Wait until the guest has booted."));
        }
        if (state.plugged.filter(at -> isWithin(at, settle)).isPresent()) {
            found.add(Finding.of(
                    FindingCode.SETTLING,
                    subject,
                    "A primary was plugged less than " + settle.toMillis() + " ms ago",
                    "Wait " + settle.toMillis() + " ms and start the migration again."));
        }
        late.pendingOf(host.name(), vm).forEach(p -> found.add(UnplugFindings.unplugPending(subject, p.primary())));
        return found;
    }

    /** A copy, so that it can be read while events arrive. */
    private synchronized GuestState copyOf(HostName host, VmName vm) {
        GuestState now = states.getOrDefault(new VmOnHost(host, vm), new GuestState());
        GuestState copy = new GuestState();
        copy.plugged = now.plugged;
        copy.reset = now.reset;
        copy.negotiatedSinceReset = now.negotiatedSinceReset;
        return copy;
    }

    private boolean isRebooting(Host host, VmName vm, GuestState state, List<PairView> pairs, Duration settle) {
        if (state.reset.isEmpty()) {
            return false;
        }
        if (state.reset.filter(at -> isWithin(at, settle)).isPresent()) {
            return true;
        }
        return pairs.stream()
                .anyMatch(p -> !host.standbyNegotiated(vm, p.standby()).orElse(state.negotiatedSinceReset));
    }

    private boolean isWithin(long nanos, Duration span) {
        return scheduler.nanos() - nanos < span.toNanos();
    }

    /** Waits up to 3 s for tasks that were started. */
    @Override
    public void close() {
        late.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.Stopwatch;

/**
 * The events of one host about one VM, in order. Safe for use from any thread.
 *
 * <p>An event happened before it arrived, by its delay. The lag of an event from its timestamp to its arrival is that delay,
 * plus a constant that two clocks differ by. The least lag of several events is taken for the constant. If it is not the same
 * before and after an event, then a clock was set, or events were delayed, and both look the same.
 */
public final class VmEvents {
    /** @param lag from the timestamp of the event to its arrival, by the date of this server */
    private record Arrival(HostEvent event, long nanos, long lag) {
        /** Events that have QEMU's own timestamp with every connector, or none of them has. */
        boolean isOfQemu() {
            return event instanceof HostEvent.Paused
                    || event instanceof HostEvent.Resumed
                    || event instanceof HostEvent.MigrationChanged;
        }
    }

    private final Scheduler scheduler;
    private final List<Arrival> arrivals = new CopyOnWriteArrayList<>();

    public VmEvents(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    public void add(HostEvent event) {
        Stopwatch arrival;
        Instant date;
        do {
            arrival = Stopwatch.start(scheduler);
            date = scheduler.instant();
            // This server may have been stopped between both readings.
        } while (!arrival.stopped().isZero());
        arrivals.add(new Arrival(
                event, arrival.nanos(), Duration.between(event.at(), date).toNanos()));
    }

    public <T extends HostEvent> Stream<T> of(Class<T> kind) {
        return arrivals.stream().map(Arrival::event).filter(kind::isInstance).map(kind::cast);
    }

    public <T extends HostEvent> Optional<T> last(Class<T> kind) {
        return of(kind).reduce((a, b) -> b);
    }

    public <T extends HostEvent> Optional<T> first(Class<T> kind) {
        return of(kind).findFirst();
    }

    /** The time of the first event of this kind; empty also if it is uncertain. */
    public Optional<EventTime> firstExactTime(Class<? extends HostEvent> kind) {
        return first(kind).map(this::time).filter(EventTime::isExact);
    }

    /** The time of the last event of this kind. */
    public Optional<EventTime> lastTime(Class<? extends HostEvent> kind) {
        return last(kind).map(this::time);
    }

    /** When one of these events happened. */
    public EventTime time(HostEvent event) {
        List<Arrival> all = List.copyOf(arrivals);
        Arrival it = all.stream().filter(a -> a.event() == event).findFirst().orElseThrow();
        if (!it.isOfQemu()) {
            return EventTime.seen(it.nanos());
        }
        int index = all.indexOf(it);
        long before = leastLag(all.subList(0, index + 1));
        long after = leastLag(all.subList(index, all.size()));
        long constant = Math.min(before, after);
        return new EventTime(it.nanos() - (it.lag() - constant), Duration.ofNanos(Math.abs(before - after)));
    }

    private static long leastLag(List<Arrival> some) {
        return some.stream()
                .filter(Arrival::isOfQemu)
                .mapToLong(Arrival::lag)
                .min()
                .orElseThrow();
    }

    /** Whether an event of this kind arrived after one of these events. */
    boolean isFollowedBy(HostEvent event, Class<? extends HostEvent> kind) {
        return of(HostEvent.class).dropWhile(e -> e != event).skip(1).anyMatch(kind::isInstance);
    }

    /** The reason with which the host reported the end of the VM's QEMU; empty if it has not. */
    public Optional<String> stopped() {
        return of(HostEvent.Stopped.class).map(HostEvent.Stopped::reason).findFirst();
    }
}

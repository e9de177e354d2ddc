// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;

/**
 * What both hosts have said of one VM since the run began, and the one place where a run waits. Events come in on the
 * connectors' threads; waiting is done by the run's thread.
 */
final class Trail implements AutoCloseable {
    private final VmName vm;
    private final Tempo tempo;
    private final List<HostEvent> fromSource = new ArrayList<>();
    private final List<HostEvent> fromDestination = new ArrayList<>();
    private final List<Subscription> subscriptions;
    private boolean cancelAsked;
    private boolean noWayBack;
    private boolean abandoned;
    private long news;

    Trail(VmName vm, Host source, Host destination, Tempo tempo) {
        this.vm = vm;
        this.tempo = tempo;
        this.subscriptions =
                List.of(source.subscribe(e -> add(fromSource, e)), destination.subscribe(e -> add(fromDestination, e)));
    }

    private synchronized void add(List<HostEvent> events, HostEvent event) {
        if (event.vm().equals(vm)) {
            events.add(event);
            news++;
            notifyAll();
        }
    }

    synchronized List<HostEvent> fromSource() {
        return List.copyOf(fromSource);
    }

    /** The last event of this kind on the source. */
    <T extends HostEvent> Optional<T> lastOnSource(Class<T> kind) {
        return fromSource().stream().filter(kind::isInstance).map(kind::cast).reduce((a, b) -> b);
    }

    /** The time of the last event of this kind on the source. */
    Optional<Instant> onSource(Class<? extends HostEvent> kind) {
        return last(fromSource(), kind);
    }

    /** The time of the last event of this kind on the destination. */
    synchronized Optional<Instant> onDestination(Class<? extends HostEvent> kind) {
        return last(fromDestination, kind);
    }

    private static Optional<Instant> last(List<HostEvent> events, Class<? extends HostEvent> kind) {
        return events.stream().filter(kind::isInstance).map(HostEvent::at).reduce((a, b) -> b);
    }

    /** The source's word that its QEMU is gone, with the reason. */
    Optional<String> sourceStopped() {
        return stopped(fromSource());
    }

    /** The destination's word that its QEMU is gone, with the reason. */
    synchronized Optional<String> destinationStopped() {
        return stopped(fromDestination);
    }

    private static Optional<String> stopped(List<HostEvent> events) {
        return events.stream()
                .filter(HostEvent.Stopped.class::isInstance)
                .map(e -> ((HostEvent.Stopped) e).reason())
                .findFirst();
    }

    /** Asks the run to go back; false if it is too late. */
    synchronized boolean cancel() {
        cancelAsked = !noWayBack || cancelAsked;
        news++;
        notifyAll();
        return !noWayBack;
    }

    /**
     * From here on a cancel is not heard any more.
     *
     * @throws StepStopped if it was asked for just before
     */
    synchronized void passPointOfNoReturn() {
        requireNotCancelled();
        noWayBack = true;
    }

    /** From here on a cancel changes nothing: the way back is being walked already. */
    synchronized void ignoreCancel() {
        noWayBack = true;
    }

    /** This server stops: the run ends where it is, without a way back. */
    synchronized void abandon() {
        abandoned = true;
        wake();
    }

    private synchronized void requireNotAbandoned() {
        if (abandoned) {
            throw StepStopped.abandoned();
        }
    }

    synchronized void requireNotCancelled() {
        requireNotAbandoned();
        if (cancelAsked && !noWayBack) {
            throw StepStopped.cancelled();
        }
    }

    /**
     * Waits until the check gives a value; it is repeated at each event, and without events at short intervals.
     *
     * @throws StepStopped when cancelled, or with {@link FindingCode#STEP_DEADLINE_EXCEEDED} past the limit
     */
    <T> T await(MigrationStep step, String what, Duration limit, Supplier<Optional<T>> check) {
        return poll(limit, check).orElseThrow(() -> exceeded(step, what, limit));
    }

    /** The same, but a cancel is heard only afterwards: for what goes on anyway, and has to be known to be undone. */
    <T> T awaitDespiteCancel(MigrationStep step, String what, Duration limit, Supplier<Optional<T>> check) {
        return poll(limit, check, this::requireNotAbandoned).orElseThrow(() -> exceeded(step, what, limit));
    }

    private StepStopped exceeded(MigrationStep step, String what, Duration limit) {
        return StepStopped.failed(Finding.of(
                FindingCode.STEP_DEADLINE_EXCEEDED,
                "vm " + vm + ", step " + step.number(),
                "Waited " + limit.toMillis() + " ms for " + what + ".",
                "Raise the deadline in etc/understudy.yaml if the host is only slow."));
    }

    /**
     * Waits like {@link #await}, but gives an empty value past the limit. A host that is away for a moment is asked again.
     */
    <T> Optional<T> poll(Duration limit, Supplier<Optional<T>> check) {
        return poll(limit, check, this::requireNotCancelled);
    }

    private <T> Optional<T> poll(Duration limit, Supplier<Optional<T>> check, Runnable mayGoOn) {
        long end = System.nanoTime() + limit.toNanos();
        Absence absence = new Absence(end);
        while (true) {
            long seen = seen();
            mayGoOn.run();
            Optional<T> value = absence.bridge(check);
            long left = end - System.nanoTime();
            if (value.isPresent() || left <= 0) {
                return value;
            }
            sleep(seen, Math.min(left, tempo.poll().toNanos()));
        }
    }

    /** Of one wait: how long a host has not been reached. */
    private final class Absence {
        private final long end;
        private OptionalLong since = OptionalLong.empty();

        Absence(long end) {
            this.end = end;
        }

        <T> Optional<T> bridge(Supplier<Optional<T>> check) {
            try {
                Optional<T> value = check.get();
                since = OptionalLong.empty();
                return value;
            } catch (UnderstudyException e) {
                long now = System.nanoTime();
                since = OptionalLong.of(since.orElse(now));
                boolean tooLong = now - since.getAsLong() > tempo.absence().toNanos();
                if (e.code() != ErrorCode.HOST_UNAVAILABLE || tooLong || now - end >= 0) {
                    throw e;
                }
                return Optional.empty();
            }
        }
    }

    private synchronized long seen() {
        return news;
    }

    private synchronized void sleep(long seen, long nanos) {
        long end = System.nanoTime() + nanos;
        try {
            for (long left = nanos; news == seen && left > 0; left = end - System.nanoTime()) {
                wait(left / 1_000_000, (int) (left % 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StepStopped.abandoned();
        }
    }

    /** Wakes the waiting run, for news that is no event. */
    synchronized void wake() {
        news++;
        notifyAll();
    }

    @Override
    public void close() {
        subscriptions.forEach(Subscription::close);
    }
}

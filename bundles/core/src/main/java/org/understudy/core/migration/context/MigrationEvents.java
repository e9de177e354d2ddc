// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
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
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.PendingAnswer;
import org.understudy.concurrent.Scheduler;

/**
 * The events of both hosts about one VM since its migration began, and the one place where a migration waits. Events arrive
 * on threads of the connectors; the thread of the migration waits.
 */
public final class MigrationEvents implements AutoCloseable {
    private static final Duration UNLIMITED = Duration.ofDays(36_500);

    private final VmName vm;
    private final MigrationTimings timings;
    private final Scheduler scheduler;
    private final ExecutorService threads;
    private final VmEvents source;
    private final VmEvents destination;
    private final List<Subscription> subscriptions = new ArrayList<>();
    private boolean cancelRequested;
    private boolean pastPointOfNoReturn;
    private boolean abandoned;
    private volatile Duration absence;
    private boolean closed;
    private long eventCount;

    public MigrationEvents(VmName vm, MigrationTimings timings, Scheduler scheduler, ExecutorService threads) {
        this.vm = vm;
        this.timings = timings;
        this.absence = timings.absence();
        this.scheduler = scheduler;
        this.threads = threads;
        this.source = new VmEvents(scheduler);
        this.destination = new VmEvents(scheduler);
    }

    /** A host may be silent for this much longer than usual: the VFs of a large guest take long to be opened. */
    public void allowSilence(Duration more) {
        absence = timings.absence().plus(more);
    }

    /** Subscribes to both hosts. Blocks for their answers. */
    public void open(Host sender, Host receiver) {
        addSubscription(sender.subscribe(e -> add(source, e)));
        addSubscription(receiver.subscribe(e -> add(destination, e)));
    }

    private void addSubscription(Subscription subscription) {
        synchronized (this) {
            if (!closed) {
                subscriptions.add(subscription);
                return;
            }
        }
        subscription.close();
    }

    private synchronized void add(VmEvents events, HostEvent event) {
        if (event.vm().equals(vm)) {
            events.add(event);
            eventCount++;
            notifyAll();
        }
    }

    public VmEvents source() {
        return source;
    }

    public VmEvents destination() {
        return destination;
    }

    /** Requests a rollback; false if it is too late. */
    public synchronized boolean cancel() {
        cancelRequested = !pastPointOfNoReturn || cancelRequested;
        eventCount++;
        notifyAll();
        return !pastPointOfNoReturn;
    }

    /**
     * From now on a cancel has no effect.
     *
     * @throws StepAbortedException if a cancel was requested before
     */
    public synchronized void passPointOfNoReturn() {
        requireNotCancelled();
        pastPointOfNoReturn = true;
    }

    /** From now on a cancel has no effect: the rollback has started, or the migration is past it. */
    public synchronized void ignoreCancel() {
        pastPointOfNoReturn = true;
    }

    /** This server stops: the migration ends at its present step, without a rollback. */
    public synchronized void abandon() {
        abandoned = true;
        eventCount++;
        notifyAll();
    }

    /** @throws StepAbortedException if this server stops */
    public synchronized void requireNotAbandoned() {
        if (abandoned) {
            throw StepAbortedException.abandoned();
        }
    }

    public synchronized void requireNotCancelled() {
        requireNotAbandoned();
        if (cancelRequested && !pastPointOfNoReturn) {
            throw StepAbortedException.cancelled();
        }
    }

    /**
     * Waits until the check returns a value; it is repeated at each event, and without events at the poll interval.
     *
     * @throws StepAbortedException when cancelled, or with {@link FindingCode#STEP_DEADLINE_EXCEEDED} past the limit
     */
    public <T> T await(MigrationStep step, String what, Duration limit, Supplier<Optional<T>> check) {
        return poll(limit, check).orElseThrow(() -> exceeded(step, what, limit));
    }

    /** The same without a limit: the check ends the wait with an exception. */
    public <T> T awaitUnlimited(Supplier<Optional<T>> check) {
        return poll(UNLIMITED, check).orElseThrow();
    }

    /** The same for the answer to a call, which is present on return. */
    <T> void await(MigrationStep step, String what, Duration limit, PendingAnswer<T> pendingAnswer) {
        poll(limit, pendingAnswer).orElseThrow(() -> exceeded(step, what, limit));
    }

    /** The same, but a cancel is checked only afterwards: for a call whose result the rollback needs. */
    <T> void awaitDespiteCancel(MigrationStep step, String what, Duration limit, PendingAnswer<T> pendingAnswer) {
        poll(limit, done(pendingAnswer), this::requireNotAbandoned, Optional.of(pendingAnswer))
                .orElseThrow(() -> exceeded(step, what, limit));
    }

    private static <T> Supplier<Optional<PendingAnswer<T>>> done(PendingAnswer<T> pendingAnswer) {
        return () -> Optional.of(pendingAnswer).filter(PendingAnswer::isDone);
    }

    private StepAbortedException exceeded(MigrationStep step, String what, Duration limit) {
        return StepAbortedException.failed(Finding.of(
                FindingCode.STEP_DEADLINE_EXCEEDED,
                "vm " + vm + ", step " + step.number(),
                "Deadline of " + limit.toMillis() + " ms exceeded: waited for " + what,
                "Raise the deadline in etc/understudy.yaml if the host is slow."));
    }

    /**
     * Waits like {@link #await}, but returns an empty value past the limit. A host that does not answer is polled again.
     */
    public <T> Optional<T> poll(Duration limit, Supplier<Optional<T>> check) {
        return poll(limit, check, this::requireNotCancelled, Optional.empty());
    }

    /** The same for the answer to a call; empty if there is none past the limit. */
    public <T> Optional<PendingAnswer<T>> poll(Duration limit, PendingAnswer<T> pendingAnswer) {
        return poll(limit, done(pendingAnswer), this::requireNotCancelled, Optional.of(pendingAnswer));
    }

    private <T> Optional<T> poll(
            Duration limit,
            Supplier<Optional<T>> check,
            Runnable checkAborted,
            Optional<? extends PendingAnswer<?>> answer) {
        Deadline end = Deadline.in(scheduler, limit);
        Outage outage = new Outage(end);
        while (true) {
            long seen = eventCount();
            checkAborted.run();
            Optional<T> value = outage.tolerate(check);
            if (value.isPresent() || end.isOver()) {
                return value;
            }
            waitForEvent(seen, Collections.min(List.of(end.left(), timings.poll())), answer);
        }
    }

    /** Bounds, within one wait, the time for which a host may be unreachable. */
    private final class Outage {
        private final Deadline end;
        private Optional<Deadline> limit = Optional.empty();

        Outage(Deadline end) {
            this.end = end;
        }

        <T> Optional<T> tolerate(Supplier<Optional<T>> check) {
            try {
                Optional<T> value = check.get();
                limit = Optional.empty();
                return value;
            } catch (UnderstudyException e) {
                limit = limit.or(() -> Optional.of(Deadline.in(scheduler, absence)));
                if (!isSilence(e) || limit.get().isOver() || end.isOver()) {
                    throw e;
                }
                return Optional.empty();
            }
        }
    }

    /** QEMU does not answer while it opens a VF. */
    private static boolean isSilence(UnderstudyException e) {
        return e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.DEADLINE_EXCEEDED;
    }

    private synchronized long eventCount() {
        return eventCount;
    }

    /** Waits for a new event or the awaited answer; the answer to another call does not count. */
    private synchronized void waitForEvent(long seen, Duration pause, Optional<? extends PendingAnswer<?>> answer) {
        Deadline end = Deadline.in(scheduler, pause);
        try {
            while (eventCount == seen && answer.filter(PendingAnswer::isDone).isEmpty() && !end.isOver()) {
                end.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StepAbortedException.abandoned();
        }
    }

    private synchronized void answered() {
        notifyAll();
    }

    /** Makes a call that may block on another thread; its answer wakes the thread that waits for it. */
    public <T> PendingAnswer<T> begin(String what, Supplier<T> call) {
        return PendingAnswer.of(threads, "VM " + vm + ": " + what, call, this::answered);
    }

    public Deadline deadline(Duration limit) {
        return Deadline.in(scheduler, limit);
    }

    @Override
    public void close() {
        List<Subscription> open;
        synchronized (this) {
            closed = true;
            open = List.copyOf(subscriptions);
            subscriptions.clear();
        }
        open.forEach(Subscription::close);
    }
}

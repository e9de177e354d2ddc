// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;

/**
 * Calls hosts in parallel and waits no longer than one deadline for all of them. Each call has its own thread, so that a
 * host that hangs delays no other. A host with {@link #MAX_OVERDUE} calls past their deadline is not called again until
 * one of them has returned; so it cannot use up the threads. Safe for use from any thread.
 */
public final class DeadlineFanOut implements AutoCloseable {
    /** The number of calls of one host that may hang. */
    public static final int MAX_OVERDUE = 4;

    private static final Logger LOG = LoggerFactory.getLogger(DeadlineFanOut.class);

    private final Scheduler scheduler;
    private final ExecutorService threads;
    private final Map<HostName, Integer> overdue = new HashMap<>();
    private int inFlight;

    public DeadlineFanOut(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.threads = scheduler.blockingPool("understudy-survey");
    }

    /**
     * @param answer empty if the host was not called, as too many calls are overdue
     * @param late true once the call is past its deadline
     */
    private record Call<R>(Host host, Optional<PendingAnswer<R>> answer, AtomicBoolean late) {}

    /** Receives a host whose call failed. */
    @FunctionalInterface
    public interface Failure {
        /**
         * @param reason follows the host's name in a sentence, such as {@code did not answer within 5 s}
         * @param cause what the host's connector threw; empty for a host that did not answer in time
         */
        void accept(HostName host, String reason, Optional<Throwable> cause);
    }

    /**
     * Calls a function with each host and blocks until all calls have returned or the limit has passed. Results and failures
     * are delivered on the calling thread, in the order of the hosts.
     *
     * @throws UnderstudyException {@link ErrorCode#CANCELLED} if the thread is interrupted
     */
    public <R> void call(
            Duration limit,
            List<Host> hosts,
            Function<Host, R> function,
            BiConsumer<Host, R> returned,
            Failure failed) {
        Deadline deadline = Deadline.in(scheduler, limit);
        List<Call<R>> calls = hosts.stream().map(host -> begin(host, function)).toList();
        for (Call<R> call : calls) {
            awaited(call, deadline)
                    .ifPresentOrElse(
                            answer -> deliver(call.host(), answer, returned, failed),
                            () -> failed.accept(
                                    call.host().name(),
                                    "did not answer within " + limit.toSeconds() + " s",
                                    Optional.empty()));
        }
    }

    private <R> Call<R> begin(Host host, Function<Host, R> function) {
        AtomicBoolean late = new AtomicBoolean();
        synchronized (this) {
            if (overdue.getOrDefault(host.name(), 0) >= MAX_OVERDUE) {
                return new Call<>(host, Optional.empty(), late);
            }
            inFlight++;
        }
        PendingAnswer<R> answer = PendingAnswer.of(
                threads, "Host " + host.name() + ": survey", () -> function.apply(host), () -> end(host.name(), late));
        return new Call<>(host, Optional.of(answer), late);
    }

    private synchronized void end(HostName host, AtomicBoolean late) {
        inFlight--;
        if (late.get()) {
            overdue.computeIfPresent(host, (h, calls) -> calls == 1 ? null : Integer.valueOf(calls - 1));
        }
    }

    /** The number of calls that have not returned, including those past their deadline. */
    public synchronized int inFlight() {
        return inFlight;
    }

    /** Waits for an answer; empty past the deadline. */
    private <R> Optional<PendingAnswer<R>> awaited(Call<R> call, Deadline deadline) {
        return call.answer().filter(answer -> isDone(answer, deadline) || !expire(call, answer));
    }

    private static boolean isDone(PendingAnswer<?> answer, Deadline deadline) {
        try {
            return answer.await(deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "Interrupted while waiting for hosts", e);
        }
    }

    /** Counts a call as overdue; false if it has returned meanwhile. */
    private <R> boolean expire(Call<R> call, PendingAnswer<R> answer) {
        synchronized (this) {
            if (answer.isDone()) {
                return false;
            }
            call.late().set(true);
            overdue.merge(call.host().name(), 1, Integer::sum);
        }
        answer.abandon(late -> {});
        return true;
    }

    private static <R> void deliver(Host host, PendingAnswer<R> answer, BiConsumer<Host, R> returned, Failure failed) {
        Optional<Throwable> failure = answer.failure();
        if (failure.isEmpty()) {
            returned.accept(host, answer.get());
        } else if (failure.get() instanceof UnderstudyException known) {
            failed.accept(host.name(), "did not answer: " + known.getMessage(), failure);
        } else {
            LOG.error("Host {}: unhandled exception in a survey", host.name(), failure.get());
            failed.accept(host.name(), "did not answer: " + failure.get(), failure);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}

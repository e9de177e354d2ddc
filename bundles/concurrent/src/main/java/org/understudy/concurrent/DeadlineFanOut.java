// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
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

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "understudy-survey");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<HostName, Integer> overdue = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final BiConsumer<Duration, Runnable> timer;

    /** @param timer runs a task after a delay */
    public DeadlineFanOut(BiConsumer<Duration, Runnable> timer) {
        this.timer = timer;
    }

    private record Call<R>(Host host, CompletableFuture<R> result) {}

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
        List<Call<R>> calls = hosts.stream()
                .map(host -> new Call<R>(host, new CompletableFuture<>()))
                .toList();
        calls.forEach(c -> begin(c, function));
        if (calls.stream().anyMatch(c -> !c.result().isDone())) {
            timer.accept(limit, () -> calls.forEach(this::expire));
        }
        calls.forEach(c -> collect(c, limit, returned, failed));
    }

    private <R> void begin(Call<R> call, Function<Host, R> function) {
        if (overdue.getOrDefault(call.host().name(), 0) >= MAX_OVERDUE) {
            call.result().completeExceptionally(new TimeoutException());
            return;
        }
        inFlight.incrementAndGet();
        try {
            threads.execute(() -> run(call, function));
        } catch (RejectedExecutionException e) {
            inFlight.decrementAndGet();
            call.result()
                    .completeExceptionally(new UnderstudyException(ErrorCode.CANCELLED, "The server is stopping", e));
        }
    }

    private <R> void run(Call<R> call, Function<Host, R> function) {
        boolean inTime;
        try {
            inTime = call.result().complete(function.apply(call.host()));
        } catch (RuntimeException | Error e) {
            inTime = call.result().completeExceptionally(e);
        }
        inFlight.decrementAndGet();
        if (!inTime) {
            count(call.host(), -1);
        }
    }

    /** The number of calls that have not returned, including those past their deadline. */
    public int inFlight() {
        return inFlight.get();
    }

    private void expire(Call<?> call) {
        if (call.result().completeExceptionally(new TimeoutException())) {
            count(call.host(), 1);
        }
    }

    /** The return of a call may be counted just before it is counted as overdue. */
    private void count(Host host, int change) {
        overdue.merge(host.name(), change, (a, b) -> a + b == 0 ? null : Integer.valueOf(a + b));
    }

    private <R> void collect(Call<R> call, Duration limit, BiConsumer<Host, R> returned, Failure failed) {
        Host host = call.host();
        try {
            returned.accept(host, call.result().get());
        } catch (ExecutionException e) {
            report(host.name(), limit, e.getCause(), failed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "Interrupted while waiting for hosts", e);
        }
    }

    private static void report(HostName host, Duration limit, Throwable cause, Failure failed) {
        if (cause instanceof TimeoutException) {
            failed.accept(host, "did not answer within " + limit.toSeconds() + " s", Optional.empty());
        } else if (cause instanceof UnderstudyException known) {
            failed.accept(host, "did not answer: " + known.getMessage(), Optional.of(known));
        } else {
            LOG.error("Host {}: unhandled exception in a survey", host, cause);
            failed.accept(host, "did not answer: " + cause, Optional.of(cause));
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}

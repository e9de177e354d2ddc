// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

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
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;

/**
 * Asks hosts the same question at the same time, and waits no longer than one deadline for all of them. Each host is asked
 * on a thread of its own, so that one that hangs takes no other's. A host with {@link #MOST_OVERDUE} questions that are
 * past their deadline is not asked again until one of them has ended; so it cannot use up the threads. Safe for use from
 * any thread.
 */
final class DeadlineFanOut implements AutoCloseable {
    /** So many calls into one host may hang. */
    static final int MOST_OVERDUE = 4;

    private static final Logger LOG = LoggerFactory.getLogger(DeadlineFanOut.class);

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "understudy-survey");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<HostName, Integer> overdue = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final BiConsumer<Duration, Runnable> timer;

    /** @param timer runs a task after a time */
    DeadlineFanOut(BiConsumer<Duration, Runnable> timer) {
        this.timer = timer;
    }

    private record Question<R>(Host host, CompletableFuture<R> answer) {}

    /**
     * Blocks until all have answered, or the limit has passed. Both consumers are called on the calling thread, in the order of
     * the hosts.
     *
     * @throws UnderstudyException {@link ErrorCode#CANCELLED} if the thread is interrupted
     */
    <R> void ask(
            Duration limit,
            List<Host> hosts,
            Function<Host, R> question,
            BiConsumer<Host, R> answered,
            Consumer<UnansweredHost> unanswered) {
        List<Question<R>> questions = hosts.stream()
                .map(host -> new Question<R>(host, new CompletableFuture<>()))
                .toList();
        questions.forEach(q -> begin(q, question));
        if (questions.stream().anyMatch(q -> !q.answer().isDone())) {
            timer.accept(limit, () -> questions.forEach(this::expire));
        }
        questions.forEach(q -> collect(q, limit, answered, unanswered));
    }

    private <R> void begin(Question<R> asked, Function<Host, R> question) {
        if (overdue.getOrDefault(asked.host().name(), 0) >= MOST_OVERDUE) {
            asked.answer().completeExceptionally(new TimeoutException());
            return;
        }
        inFlight.incrementAndGet();
        try {
            threads.execute(() -> answer(asked, question));
        } catch (RejectedExecutionException e) {
            inFlight.decrementAndGet();
            asked.answer().completeExceptionally(new UnderstudyException(ErrorCode.CANCELLED, "the server stops", e));
        }
    }

    private <R> void answer(Question<R> asked, Function<Host, R> question) {
        boolean inTime;
        try {
            inTime = asked.answer().complete(question.apply(asked.host()));
        } catch (RuntimeException | Error e) {
            inTime = asked.answer().completeExceptionally(e);
        }
        inFlight.decrementAndGet();
        if (!inTime) {
            count(asked.host(), -1);
        }
    }

    /** How many questions wait for their host now, also those past their deadline. */
    int inFlight() {
        return inFlight.get();
    }

    private void expire(Question<?> asked) {
        if (asked.answer().completeExceptionally(new TimeoutException())) {
            count(asked.host(), 1);
        }
    }

    /** The end of a question may be counted just before that it was overdue. */
    private void count(Host host, int change) {
        overdue.merge(host.name(), change, (a, b) -> a + b == 0 ? null : Integer.valueOf(a + b));
    }

    private <R> void collect(
            Question<R> asked, Duration limit, BiConsumer<Host, R> answered, Consumer<UnansweredHost> unanswered) {
        Host host = asked.host();
        try {
            answered.accept(host, asked.answer().get());
        } catch (ExecutionException e) {
            unanswered.accept(unanswered(host.name(), limit, e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "The survey of the hosts was cancelled", e);
        }
    }

    private static UnansweredHost unanswered(HostName host, Duration limit, Throwable why) {
        if (why instanceof TimeoutException) {
            return new UnansweredHost(host, "did not answer within " + limit.toSeconds() + " s", Optional.empty());
        }
        if (why instanceof UnderstudyException known) {
            return new UnansweredHost(host, "did not answer: " + known.getMessage(), Optional.of(known));
        }
        LOG.error("Host {}: unhandled exception in a survey", host, why);
        return new UnansweredHost(host, "did not answer: " + why, Optional.of(why));
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;

/**
 * A work queue of keys, after the model of Kubernetes' controllers. An event only adds a key; the work compares the
 * actual state with the desired state, so that events may be merged or missed.
 *
 * <p>A waiting key is queued once. A key that is added while it is processed is processed once more. Keys of one host
 * are processed in order, those of different hosts in parallel. Work that throws or returns {@link Result#retry} is
 * repeated after a pause; both affect that key alone. Safe for use from any thread.
 */
public final class Controller<K> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Controller.class);

    /** When a key is processed again. */
    public sealed interface Result {
        /** Not until it is added again. */
        static Result done() {
            return new Done();
        }

        /** After a pause, which grows with each consecutive retry. */
        static Result retry() {
            return new Retry();
        }

        /** After this delay; nothing failed. */
        static Result after(Duration delay) {
            return new After(delay);
        }
    }

    private record Done() implements Result {}

    private record Retry() implements Result {}

    private record After(Duration delay) implements Result {}

    /** @param pause empty from its end until the work has ended */
    private record Failing(int times, Optional<Subscription> pause) {}

    private record Delayed(long at, Subscription timer) {}

    private final String name;
    private final Scheduler scheduler;
    private final Function<? super K, HostName> hosts;
    private final Backoff backoff;
    private final Function<? super K, Result> work;
    private final HostExecutor executor;
    private final Set<K> waiting = new HashSet<>();
    private final Map<K, Delayed> delayed = new HashMap<>();
    private final Map<K, Failing> failing = new HashMap<>();
    private long retries;
    private boolean closed;

    /**
     * @param name of the threads
     * @param hosts the host of a key
     */
    public Controller(
            String name,
            Scheduler scheduler,
            Function<? super K, HostName> hosts,
            Backoff backoff,
            Function<? super K, Result> work) {
        this.name = name;
        this.scheduler = scheduler;
        this.hosts = hosts;
        this.backoff = backoff;
        this.work = work;
        this.executor = new HostExecutor(name, scheduler);
    }

    /** Queues a key behind the others of its host, also while it pauses after a failure. */
    public void add(K key) {
        synchronized (this) {
            if (closed || !waiting.add(key)) {
                return;
            }
        }
        executor.run(hosts.apply(key), key, () -> process(key));
    }

    /** Queues a key after a delay. If the key is delayed already, the earlier time applies. */
    public synchronized void addAfter(K key, Duration delay) {
        long at = scheduler.nanos() + delay.toNanos();
        Delayed before = delayed.get(key);
        if (closed || before != null && before.at() - at <= 0) {
            return;
        }
        if (before != null) {
            before.timer().close();
        }
        delayed.put(key, new Delayed(at, scheduler.after(delay, () -> due(key, at))));
    }

    private void due(K key, long at) {
        synchronized (this) {
            if (!delayed.containsKey(key) || delayed.get(key).at() != at) {
                return;
            }
            delayed.remove(key);
        }
        add(key);
    }

    private void process(K key) {
        boolean early;
        synchronized (this) {
            waiting.remove(key);
            early = isPausing(key);
        }
        Result result;
        try {
            result = work.apply(key);
        } catch (Throwable e) {
            LOG.error("{}: unhandled exception while processing {}", name, key, e);
            result = Result.retry();
        }
        if (result instanceof After after) {
            addAfter(key, after.delay());
        }
        if (!early) {
            updateRetries(key, result instanceof Retry);
        }
    }

    /** Work that an event caused during a pause neither ends nor extends the pause. */
    private synchronized void updateRetries(K key, boolean failed) {
        Failing before = failing.remove(key);
        if (failed && !closed) {
            int times = before == null ? 1 : before.times() + 1;
            retries++;
            Subscription pause = scheduler.after(backoff.pause(times), () -> endPause(key, times));
            failing.put(key, new Failing(times, Optional.of(pause)));
        }
    }

    private void endPause(K key, int times) {
        synchronized (this) {
            failing.put(key, new Failing(times, Optional.empty()));
        }
        add(key);
    }

    /** Whether a key pauses after a failure. */
    public synchronized boolean isPausing(K key) {
        return failing.containsKey(key) && failing.get(key).pause().isPresent();
    }

    /** The number of waiting keys. */
    public synchronized int depth() {
        return waiting.size();
    }

    /** The number of keys whose last processing failed. */
    public synchronized int failing() {
        return failing.size();
    }

    /** The number of retries scheduled so far. */
    public synchronized long retries() {
        return retries;
    }

    @Override
    public synchronized void close() {
        closed = true;
        delayed.values().forEach(d -> d.timer().close());
        failing.values().forEach(f -> f.pause().ifPresent(Subscription::close));
        delayed.clear();
        failing.clear();
        waiting.clear();
        executor.close();
    }
}

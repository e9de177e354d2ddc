// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.concurrent;

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
 * A work queue of keys, after the model of Kubernetes' controllers. News only adds a key; the work compares how things
 * are with how they should be, so that news may be merged or missed.
 *
 * <p>A key that waits is queued once. One that is added while it is worked on is worked on once more. Keys of one host
 * are worked on in order, those of different hosts side by side. Work that throws anything is repeated after a pause, as
 * is work that asks for it; both affect that key alone. Safe for use from any thread.
 */
public final class Controller<K> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Controller.class);

    /** What is to become of a key that was worked on. */
    public sealed interface Result {
        /** Nothing until it is added again. */
        static Result done() {
            return new Done();
        }

        /** Again after a pause, which is longer each time in a row. */
        static Result retry() {
            return new Retry();
        }

        /** Again after this delay; nothing failed. */
        static Result after(Duration delay) {
            return new After(delay);
        }
    }

    private record Done() implements Result {}

    private record Retry() implements Result {}

    private record After(Duration delay) implements Result {}

    /** @param pause empty once it is over, until the work has ended */
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

    /** Has a key worked on as soon as its host's turn comes, also while it pauses after a failure. */
    public void add(K key) {
        synchronized (this) {
            if (closed || !waiting.add(key)) {
                return;
            }
        }
        executor.run(hosts.apply(key), key, () -> process(key));
    }

    /** The same after a delay. If the key is delayed already, the earlier moment counts. */
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
            LOG.error("{}: unhandled exception while working on {}", name, key, e);
            result = Result.retry();
        }
        if (result instanceof After after) {
            addAfter(key, after.delay());
        }
        if (!early) {
            settle(key, result instanceof Retry);
        }
    }

    /** Work that news caused during a pause neither ends the pause nor makes it longer. */
    private synchronized void settle(K key, boolean failed) {
        Failing before = failing.remove(key);
        if (failed && !closed) {
            int times = before == null ? 1 : before.times() + 1;
            retries++;
            Subscription pause = scheduler.after(backoff.pause(times), () -> again(key, times));
            failing.put(key, new Failing(times, Optional.of(pause)));
        }
    }

    private void again(K key, int times) {
        synchronized (this) {
            failing.put(key, new Failing(times, Optional.empty()));
        }
        add(key);
    }

    /** True while a key pauses after a failure. */
    public synchronized boolean isPausing(K key) {
        return failing.containsKey(key) && failing.get(key).pause().isPresent();
    }

    /** How many keys wait to be worked on. */
    public synchronized int depth() {
        return waiting.size();
    }

    /** How many keys failed when they were worked on last. */
    public synchronized int failing() {
        return failing.size();
    }

    /** How many retries were planned so far. */
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

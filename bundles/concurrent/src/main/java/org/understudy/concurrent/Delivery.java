// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;

/**
 * Delivers values to one consumer, in order and one at a time, on threads of a pool. While the consumer is busy, values of
 * one key are merged: intermediate values may be missed, the last one never is. Exceptions of the consumer are logged.
 * {@link #put} and {@link #putLast} never block.
 */
public final class Delivery<K, V> implements Subscription {
    private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

    private final String name;
    private final Executor pool;
    private final BinaryOperator<V> merge;
    private final Consumer<? super V> consumer;
    private final Map<K, V> waiting = new LinkedHashMap<>();
    private boolean running;
    private boolean ended;

    /**
     * @param name of the consumer in the log
     * @param merge merges an older value that was not delivered yet with a newer one
     */
    public Delivery(String name, Executor pool, BinaryOperator<V> merge, Consumer<? super V> consumer) {
        this.name = name;
        this.pool = pool;
        this.merge = merge;
        this.consumer = consumer;
    }

    /** A value that waits under this key is merged, and keeps its position. */
    public void put(K key, V value) {
        put(key, value, false);
    }

    /** As {@link #put}, but the value is delivered after all that wait. */
    public void putLast(K key, V value) {
        put(key, value, true);
    }

    private void put(K key, V value, boolean last) {
        synchronized (this) {
            if (ended) {
                return;
            }
            V older = last ? waiting.remove(key) : waiting.get(key);
            waiting.put(key, older == null ? value : merge.apply(older, value));
            if (running) {
                return;
            }
            running = true;
        }
        try {
            pool.execute(this::run);
        } catch (RejectedExecutionException e) {
            LOG.debug("Listener {}: pool is full or closed, value waits for the next one", name, e);
            synchronized (this) {
                running = false;
            }
        }
    }

    private void run() {
        for (Optional<V> next = poll(); next.isPresent(); next = poll()) {
            deliver(next.get());
        }
    }

    private synchronized Optional<V> poll() {
        Iterator<V> values = waiting.values().iterator();
        running = values.hasNext();
        if (!running) {
            return Optional.empty();
        }
        V first = values.next();
        values.remove();
        return Optional.of(first);
    }

    private void deliver(V value) {
        try {
            consumer.accept(value);
        } catch (Throwable e) {
            LOG.warn("Listener {}: unhandled exception", name, e);
        }
    }

    /** The number of values that wait for the consumer. */
    public synchronized int waiting() {
        return waiting.size();
    }

    /** Accepts no more values, but delivers the waiting ones. */
    public synchronized void drainAndClose() {
        ended = true;
    }

    /** Ends the delivery and drops waiting values. A delivery in progress completes. */
    @Override
    public synchronized void close() {
        ended = true;
        waiting.clear();
    }
}

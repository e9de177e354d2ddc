// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import org.understudy.api.Subscription;

/** Delivers values to listeners, each through its own {@link Delivery}, so that a slow one delays no other. */
public final class EventBroadcaster<K, V> implements AutoCloseable {
    private final String name;
    private final BinaryOperator<V> merge;
    private final ExecutorService pool;
    private final List<Delivery<K, V>> deliveries = new CopyOnWriteArrayList<>();

    /**
     * @param name of the threads
     * @param merge merges an older value that was not delivered yet with a newer one
     */
    public EventBroadcaster(String name, BinaryOperator<V> merge) {
        this(name, SystemScheduler.process(), merge);
    }

    public EventBroadcaster(String name, Scheduler scheduler, BinaryOperator<V> merge) {
        this.name = name;
        this.merge = merge;
        this.pool = scheduler.pool(name);
    }

    /** Adds a listener. Its exceptions are logged and do not end the delivery. */
    public Subscription add(Consumer<? super V> listener) {
        Delivery<K, V> delivery = new Delivery<>(name, pool, merge, listener);
        deliveries.add(delivery);
        return () -> {
            deliveries.remove(delivery);
            delivery.close();
        };
    }

    public void send(K key, V value) {
        deliveries.forEach(d -> d.put(key, value));
    }

    /** As {@link #send}, but a merged value is delivered after all that wait: the order is that of the last values. */
    public void sendLast(K key, V value) {
        deliveries.forEach(d -> d.putLast(key, value));
    }

    /** Ends all deliveries after the values sent so far. Does not wait. */
    @Override
    public void close() {
        deliveries.forEach(Delivery::drainAndClose);
        deliveries.clear();
        pool.shutdown();
    }
}

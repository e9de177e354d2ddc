// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;

/**
 * Delivers values to listeners, each on a daemon thread of its own. While a listener is busy, values of one key are
 * merged, so that it misses some in between but always gets the last. Sending never blocks.
 */
public final class Broadcast<K, V> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Broadcast.class);

    private final String name;
    private final BinaryOperator<V> merge;
    private final List<Outlet> outlets = new CopyOnWriteArrayList<>();

    /**
     * @param name what the threads are called after
     * @param merge makes one value of an older one that was not delivered yet and a newer one
     */
    public Broadcast(String name, BinaryOperator<V> merge) {
        this.name = name;
        this.merge = merge;
    }

    /** Adds a listener; what it throws is logged and does not end the delivery. */
    public Subscription add(Consumer<? super V> listener) {
        Outlet outlet = new Outlet(listener);
        outlets.add(outlet);
        Thread thread = new Thread(outlet, name);
        thread.setDaemon(true);
        thread.start();
        return outlet;
    }

    public void send(K key, V value) {
        outlets.forEach(o -> o.put(key, value));
    }

    /** Ends all deliveries once what was sent has been delivered; does not wait for that. */
    @Override
    public void close() {
        outlets.forEach(Outlet::end);
        outlets.clear();
    }

    private final class Outlet implements Runnable, Subscription {
        private final Consumer<? super V> listener;
        private final Map<K, V> waiting = new LinkedHashMap<>();
        private boolean ending;

        Outlet(Consumer<? super V> listener) {
            this.listener = listener;
        }

        synchronized void put(K key, V value) {
            if (!ending) {
                waiting.merge(key, value, merge);
                notifyAll();
            }
        }

        synchronized void end() {
            ending = true;
            notifyAll();
        }

        @Override
        public synchronized void close() {
            outlets.remove(this);
            waiting.clear();
            end();
        }

        @Override
        public void run() {
            try {
                for (List<V> batch = take(); !batch.isEmpty(); batch = take()) {
                    batch.forEach(this::deliver);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private synchronized List<V> take() throws InterruptedException {
            while (waiting.isEmpty() && !ending) {
                wait();
            }
            List<V> batch = new ArrayList<>(waiting.values());
            waiting.clear();
            return batch;
        }

        private void deliver(V value) {
            try {
                listener.accept(value);
            } catch (RuntimeException e) {
                LOG.warn("A listener of {} failed", name, e);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.spi.HostEvent;

/** Delivers the events of a host in order, on one thread. */
final class QemuEventQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QemuEventQueue.class);

    private final List<Consumer<HostEvent>> consumers = new CopyOnWriteArrayList<>();
    private final ExecutorService executor;

    QemuEventQueue(HostName host) {
        executor = Executors.newSingleThreadExecutor(r -> {
            Thread t = new Thread(r, "qemu-events " + host);
            t.setDaemon(true);
            return t;
        });
    }

    Subscription subscribe(Consumer<HostEvent> consumer) {
        consumers.add(consumer);
        return () -> consumers.remove(consumer);
    }

    /** Queues an event and returns at once. */
    void publish(HostEvent event) {
        try {
            executor.execute(() -> consumers.forEach(c -> deliver(c, event)));
        } catch (RejectedExecutionException e) {
            LOG.debug("Event queue closed: {} is not delivered", event);
        }
    }

    private static void deliver(Consumer<HostEvent> consumer, HostEvent event) {
        try {
            consumer.accept(event);
        } catch (RuntimeException | Error e) {
            LOG.warn("Event consumer: unhandled exception on {}", event, e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}

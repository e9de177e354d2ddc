// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

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

/** Delivers a host's events in order, on one thread. */
public final class LibvirtEventQueue implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtEventQueue.class);

    private final List<Consumer<HostEvent>> consumers = new CopyOnWriteArrayList<>();
    private final ExecutorService thread;

    public LibvirtEventQueue(HostName host) {
        thread = Executors.newSingleThreadExecutor(r -> {
            Thread t = new Thread(r, "libvirt-events " + host);
            t.setDaemon(true);
            return t;
        });
    }

    public Subscription subscribe(Consumer<HostEvent> consumer) {
        consumers.add(consumer);
        return () -> consumers.remove(consumer);
    }

    /** Does not block. */
    public void publish(HostEvent event) {
        try {
            thread.execute(() -> consumers.forEach(c -> deliver(c, event)));
        } catch (RejectedExecutionException e) {
            LOG.debug("Event queue is closed, dropping {}", event);
        }
    }

    private static void deliver(Consumer<HostEvent> consumer, HostEvent event) {
        try {
            consumer.accept(event);
        } catch (RuntimeException | Error e) {
            LOG.warn("Event {}: consumer failed", event, e);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

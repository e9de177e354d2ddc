// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Pointer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * libvirt's event loop and its thread. libvirt needs it before the first connection and supports one per process, so all
 * hosts share it; the last close ends the thread.
 */
public final class EventLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final long MAX_ITERATION_SECONDS = 10;
    private static EventLoop shared;
    private static int users;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    /** libvirt keeps a bare pointer to it, so it must stay reachable. */
    private final NativeLibvirt.Timeout wakeUp = this::runTasks;

    /** Not one of a pool: libvirt waits in it for data of all connections, as long as there are hosts. */
    private final Thread thread = new Thread(this::run, "libvirt-events");

    private final int timer;
    private volatile boolean stopped;

    private EventLoop() {
        // libvirt ignores a second registration, as after a refresh of this bundle.
        NativeLibvirt.INSTANCE.virEventRegisterDefaultImpl();
        timer = NativeLibvirt.INSTANCE.virEventAddTimeout(-1, wakeUp, Pointer.NULL, Pointer.NULL);
        thread.setDaemon(true);
        thread.start();
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} if this machine has no libvirt client library */
    public static synchronized EventLoop open() {
        if (shared == null) {
            shared = start();
        }
        users++;
        return shared;
    }

    private static EventLoop start() {
        try {
            NativeErrors.redirectToLog();
            return new EventLoop();
        } catch (LinkageError | LibvirtException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE,
                    "Client library of libvirt is missing on this server (Debian: package libvirt0): " + e.getMessage(),
                    e);
        }
    }

    /** Runs a task on the loop's thread. */
    void execute(Runnable task) {
        tasks.add(task);
        NativeLibvirt.INSTANCE.virEventUpdateTimeout(timer, 0);
    }

    /** Blocks until every callback that runs now has returned; what it uses may be freed afterwards. */
    public void awaitIteration() {
        if (Thread.currentThread() == thread || stopped) {
            return;
        }
        CountDownLatch iteration = new CountDownLatch(1);
        execute(iteration::countDown);
        try {
            if (!iteration.await(MAX_ITERATION_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("libvirt event loop: no iteration completed within {} s", MAX_ITERATION_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void runTasks(int fired, Pointer opaque) {
        NativeLibvirt.INSTANCE.virEventUpdateTimeout(timer, -1);
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private void run() {
        while (!stopped) {
            try {
                if (NativeLibvirt.INSTANCE.virEventRunDefaultImpl() < 0) {
                    LOG.warn("libvirt event loop failed: {}", NativeLibvirt.INSTANCE.virGetLastErrorMessage());
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                }
            } catch (RuntimeException | Error e) {
                LOG.error("libvirt event loop failed", e);
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            }
        }
    }

    @Override
    public void close() {
        synchronized (EventLoop.class) {
            if (--users > 0) {
                return;
            }
            shared = null;
        }
        execute(() -> stopped = true);
        try {
            thread.join(TimeUnit.SECONDS.toMillis(MAX_ITERATION_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        NativeLibvirt.INSTANCE.virEventRemoveTimeout(timer);
        NativeErrors.restoreDefault();
    }
}

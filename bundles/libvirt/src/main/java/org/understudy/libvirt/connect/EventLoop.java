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
 * libvirt's event loop and its thread. libvirt wants it before the first connection, and knows only one in a process:
 * everybody here shares it, and the last one to close it ends the thread.
 */
public final class EventLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);
    private static final long LONGEST_TURN_SECONDS = 10;
    private static EventLoop shared;
    private static int users;

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    /** libvirt keeps a bare pointer to it, so it must stay reachable. */
    private final NativeLibvirt.Timeout alarm = this::runTasks;

    private final Thread thread = new Thread(this::run, "libvirt-events");
    private final int timer;
    private volatile boolean ended;

    private EventLoop() {
        // libvirt ignores a second registration, as after a refresh of this bundle.
        NativeLibvirt.INSTANCE.virEventRegisterDefaultImpl();
        timer = NativeLibvirt.INSTANCE.virEventAddTimeout(-1, alarm, Pointer.NULL, Pointer.NULL);
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
            NativeErrors.catchAll();
            return new EventLoop();
        } catch (LinkageError | LibvirtException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE,
                    "this server has no libvirt client library (Debian: package libvirt0): " + e.getMessage(),
                    e);
        }
    }

    /** Runs a task on the loop's thread. */
    void execute(Runnable task) {
        tasks.add(task);
        NativeLibvirt.INSTANCE.virEventUpdateTimeout(timer, 0);
    }

    /** Returns when no callback is under way that had begun before: then what it uses may be forgotten. */
    public void awaitTurn() {
        if (Thread.currentThread() == thread || ended) {
            return;
        }
        CountDownLatch turn = new CountDownLatch(1);
        execute(turn::countDown);
        try {
            if (!turn.await(LONGEST_TURN_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("libvirt's event loop has not come round within {} s", LONGEST_TURN_SECONDS);
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
        while (!ended) {
            try {
                if (NativeLibvirt.INSTANCE.virEventRunDefaultImpl() < 0) {
                    LOG.warn("libvirt's event loop failed: {}", NativeLibvirt.INSTANCE.virGetLastErrorMessage());
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
                }
            } catch (RuntimeException | Error e) {
                LOG.error("libvirt's event loop failed", e);
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
        execute(() -> ended = true);
        try {
            thread.join(TimeUnit.SECONDS.toMillis(LONGEST_TURN_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        NativeLibvirt.INSTANCE.virEventRemoveTimeout(timer);
        NativeErrors.release();
    }
}

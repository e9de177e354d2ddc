// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A pool for tasks that hang if their host does. Few threads are enough for hosts that answer, so a task that runs for longer
 * than a second no longer counts: another thread is started in its place while tasks wait.
 */
final class HostPool extends CountedPool {
    /** The number of tasks that run at once, in addition to those that hang. */
    static final int WIDTH = 16;

    static final Duration HANGING = Duration.ofSeconds(1);

    private final Scheduler scheduler;
    /** When the task of each thread began. */
    private final Map<Thread, Long> begun = new ConcurrentHashMap<>();

    private final AtomicBoolean checking = new AtomicBoolean();

    HostPool(String name, Scheduler scheduler, Consumer<? super CountedPool> ended) {
        super(name, WIDTH, Scheduler.MAX_BLOCKED, Integer.MAX_VALUE, ended);
        this.scheduler = scheduler;
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable task) {
        begun.put(thread, scheduler.nanos());
    }

    @Override
    protected void afterExecute(Runnable task, Throwable failure) {
        begun.remove(Thread.currentThread());
    }

    @Override
    void onWaiting() {
        if (checking.compareAndSet(false, true)) {
            scheduler.after(HANGING, this::replaceHanging);
        }
    }

    private void replaceHanging() {
        checking.set(false);
        if (isShutdown() || getQueue().isEmpty()) {
            return;
        }
        long now = scheduler.nanos();
        long hanging = begun.values().stream()
                .filter(at -> now - at >= HANGING.toNanos())
                .count();
        setMaximumPoolSize((int) Math.min(Scheduler.MAX_BLOCKED, WIDTH + hanging));
        for (int more = getMaximumPoolSize() - getPoolSize(); more > 0; more--) {
            Runnable next = getQueue().poll();
            if (next == null) {
                return;
            }
            execute(next);
        }
        onWaiting();
    }
}

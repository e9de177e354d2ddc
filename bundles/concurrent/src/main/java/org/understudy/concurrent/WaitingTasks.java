// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.AbstractQueue;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The queue of a pool. {@link #offer} accepts a task only if an idle thread takes it at once, so that the pool starts another
 * thread, up to its limit; {@link #enqueue} lets the task wait. The thread that became idle last gets the next task, so that
 * the others end after a burst, also under a steady load.
 */
final class WaitingTasks extends AbstractQueue<Runnable> implements BlockingQueue<Runnable> {
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    /** The last one first. Empty while a task waits. */
    private final Deque<IdleThread> idle = new ArrayDeque<>();

    private static final class IdleThread {
        private final Condition handed;
        private Optional<Runnable> task = Optional.empty();

        IdleThread(Condition handed) {
            this.handed = handed;
        }
    }

    @Override
    public boolean offer(Runnable task) {
        lock.lock();
        try {
            return hand(task);
        } finally {
            lock.unlock();
        }
    }

    /** Adds a task for the next thread that becomes idle. */
    void enqueue(Runnable task) {
        lock.lock();
        try {
            if (!hand(task)) {
                tasks.add(task);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean hand(Runnable task) {
        Optional<IdleThread> last = Optional.ofNullable(idle.pollFirst());
        last.ifPresent(thread -> {
            thread.task = Optional.of(task);
            thread.handed.signal();
        });
        return last.isPresent();
    }

    @Override
    public Runnable poll(long timeout, TimeUnit unit) throws InterruptedException {
        return await(unit.toNanos(timeout)).orElse(null);
    }

    @Override
    public Runnable take() throws InterruptedException {
        return await(Long.MAX_VALUE).orElseThrow();
    }

    private Optional<Runnable> await(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            return tasks.isEmpty() ? await(new IdleThread(lock.newCondition()), nanos) : Optional.of(tasks.remove());
        } finally {
            lock.unlock();
        }
    }

    private Optional<Runnable> await(IdleThread self, long nanos) throws InterruptedException {
        idle.addFirst(self);
        try {
            long left = nanos;
            while (self.task.isEmpty() && left > 0) {
                left = self.handed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            if (self.task.isEmpty()) {
                throw e;
            }
            Thread.currentThread().interrupt();
        } finally {
            idle.remove(self);
        }
        return self.task;
    }

    @Override
    public Runnable poll() {
        lock.lock();
        try {
            return tasks.poll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Runnable peek() {
        lock.lock();
        try {
            return tasks.peek();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int size() {
        lock.lock();
        try {
            return tasks.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean remove(Object task) {
        lock.lock();
        try {
            return tasks.remove(task);
        } finally {
            lock.unlock();
        }
    }

    /** Of the tasks that wait now. */
    @Override
    public Iterator<Runnable> iterator() {
        lock.lock();
        try {
            return List.copyOf(tasks).iterator();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int drainTo(Collection<? super Runnable> target) {
        return drainTo(target, Integer.MAX_VALUE);
    }

    @Override
    public int drainTo(Collection<? super Runnable> target, int limit) {
        lock.lock();
        try {
            int moved = 0;
            while (moved < limit && !tasks.isEmpty()) {
                target.add(tasks.remove());
                moved++;
            }
            return moved;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void put(Runnable task) {
        enqueue(task);
    }

    @Override
    public boolean offer(Runnable task, long timeout, TimeUnit unit) {
        return offer(task);
    }

    @Override
    public int remainingCapacity() {
        return Integer.MAX_VALUE;
    }
}

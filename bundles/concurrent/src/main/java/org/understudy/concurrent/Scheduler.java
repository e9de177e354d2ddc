// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import org.understudy.api.Subscription;

/**
 * Threads and time. All background work takes both from here, so that every pool has a name, a bound and metrics, and
 * tests can control both. {@link #instant} is the date, for people only: durations use {@link #nanos}, deadlines
 * {@link #runningNanos}.
 */
public interface Scheduler extends InstantSource {
    /** The number of threads of a pool for which nothing else is stated. */
    int WIDTH = 32;
    /** The number of threads of a {@link #blockingPool}. */
    int MAX_BLOCKED = 2048;

    /**
     * Creates a pool of daemon threads, which end when they are idle.
     *
     * @param name of the pool and of its threads
     * @param threads the highest number of threads
     * @param waiting the highest number of waiting tasks; further ones are rejected. 0 for tasks that occupy a thread
     *     for a long time, which must not wait for another
     */
    ExecutorService pool(String name, int threads, int waiting);

    /** Creates a pool for callers that submit a bounded number of tasks, such as one for each host. */
    default ExecutorService pool(String name) {
        return pool(name, WIDTH, Integer.MAX_VALUE);
    }

    /**
     * Creates a pool for tasks that hang if their host does, and whose number is bounded, such as by that of the hosts. It has
     * few threads, and others in place of those that hang: tasks for hosts that answer go on.
     */
    default ExecutorService hostPool(String name) {
        return pool(name);
    }

    /**
     * Creates a pool for tasks that may each block for long, and must not wait for each other: each gets a thread at once. At
     * {@link #MAX_BLOCKED} threads further tasks are rejected.
     */
    default ExecutorService blockingPool(String name) {
        return pool(name, MAX_BLOCKED, 0);
    }

    /** Runs a task once, on a thread shared by all tasks: it must not block. Closing the result cancels it. */
    Subscription after(Duration delay, Runnable task);

    /** Runs such a task now and after each period, until the result is closed. */
    Subscription every(Duration period, Runnable task);

    /** Nanoseconds since a fixed, arbitrary time. */
    long nanos();

    /** The part of {@link #nanos} in which this process did not run, such as while it or its machine was stopped. */
    long stoppedNanos();

    /** {@link #nanos} without {@link #stoppedNanos}. */
    default long runningNanos() {
        long now = nanos();
        return now - stoppedNanos();
    }

    /** Waits on a monitor that the caller holds, until it is notified or the time has passed; may return early. */
    void await(Object monitor, long nanos) throws InterruptedException;
}

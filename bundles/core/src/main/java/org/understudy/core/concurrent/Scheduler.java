// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.concurrent;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.understudy.api.Subscription;

/**
 * Threads and time. Whatever works in the background takes both from here, so that every pool has a name, a bound and
 * counts, and so that tests can put both into their own hands.
 */
public interface Scheduler {
    /** So many hosts may hang before others wait. */
    int WIDTH = 32;

    /**
     * Makes a pool of daemon threads, which end by themselves when they have nothing to do.
     *
     * @param name of the pool and of its threads
     * @param threads how many there are at most
     * @param waiting how many tasks wait for a thread at most; the next is rejected
     */
    ExecutorService pool(String name, int threads, int waiting);

    /** The same for users who submit a bounded number of tasks, such as one for each host. */
    default ExecutorService pool(String name) {
        return pool(name, WIDTH, Integer.MAX_VALUE);
    }

    /** Runs a task once, on a thread that all tasks share: it must not block. Closing the result cancels it. */
    Subscription after(Duration delay, Runnable task);

    /** Runs such a task at once, and again each time that period has passed, until the result is closed. */
    Subscription every(Duration period, Runnable task);

    /** Nanoseconds since some moment that stays the same. */
    long nanos();
}

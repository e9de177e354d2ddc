// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * One fair lock per key: work for one key runs in the order of the calls, work for different keys in parallel. A lock
 * exists only while it is held or waited for. Safe for use from any thread.
 */
public final class KeyedLock<K> {
    private final Map<K, Shared> locks = new ConcurrentHashMap<>();

    /** A lock with the number of its holders and waiters, which changes only within {@link Map#compute}. */
    private static final class Shared {
        final ReentrantLock lock = new ReentrantLock(true);
        int users;
    }

    /** @throws UnderstudyException {@link ErrorCode#CANCELLED} if the thread is interrupted while it waits for the lock */
    public <R> R call(K key, Supplier<R> work) {
        Shared shared = locks.compute(key, (k, known) -> {
            Shared one = known == null ? new Shared() : known;
            one.users++;
            return one;
        });
        try {
            shared.lock.lockInterruptibly();
            try {
                return work.get();
            } finally {
                shared.lock.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(
                    ErrorCode.CANCELLED, "Interrupted while waiting for another change of " + key, e);
        } finally {
            locks.compute(key, (k, known) -> --shared.users == 0 ? null : known);
        }
    }

    /** The number of keys that are locked or waited for. */
    int size() {
        return locks.size();
    }
}

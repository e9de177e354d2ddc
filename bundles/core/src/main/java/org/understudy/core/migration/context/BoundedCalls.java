// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.PendingAnswer;
import org.understudy.concurrent.Scheduler;

/**
 * Gives each call to a host a deadline: past it the caller continues, as if the host were unreachable.
 *
 * @param limit for one call
 */
record BoundedCalls(Scheduler scheduler, ExecutorService threads, Duration limit) {
    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} past the limit, else what the call threw */
    <T> T call(HostName host, String what, Supplier<T> hostCall) {
        return call(host, what, hostCall, late -> {});
    }

    /**
     * The same.
     *
     * @param late undoes a result that arrives past the limit
     */
    <T> T call(HostName host, String what, Supplier<T> hostCall, Consumer<T> late) {
        PendingAnswer<T> answer = PendingAnswer.of(threads, "Host " + host + ": " + what, hostCall, () -> {});
        try {
            if (answer.await(Deadline.in(scheduler, limit))) {
                return answer.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "Host " + host + ": interrupted during " + what, e);
        }
        answer.abandon(late);
        throw new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                "Host %s: no answer within %d s: %s".formatted(host, limit.toSeconds(), what));
    }

    /** The same for a call without a result. */
    void run(HostName host, String what, Runnable hostCall) {
        call(host, what, () -> {
            hostCall.run();
            return what;
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.understudy.api.MigrationStep;
import org.understudy.concurrent.PendingAnswer;

/** Makes calls to a host that may block, with a deadline, and interrupted by a cancel. */
public final class DeadlineCall {
    private DeadlineCall() {}

    /**
     * Makes the call on another thread and waits for it.
     *
     * @param late undoes a result that arrives after the wait has ended
     * @throws StepAbortedException past the limit or when cancelled
     */
    public static <T> T call(
            MigrationEvents events,
            MigrationStep step,
            String what,
            Duration limit,
            Supplier<T> hostCall,
            Consumer<T> late) {
        PendingAnswer<T> pendingAnswer = events.begin(what, hostCall);
        return result(pendingAnswer, () -> events.await(step, what, limit, pendingAnswer), late);
    }

    /** The same for a call whose result the rollback needs: a cancel takes effect after the answer. */
    public static <T> T callUncancellable(
            MigrationEvents events,
            MigrationStep step,
            String what,
            Duration limit,
            Supplier<T> hostCall,
            Consumer<T> late) {
        PendingAnswer<T> pendingAnswer = events.begin(what, hostCall);
        return result(pendingAnswer, () -> events.awaitDespiteCancel(step, what, limit, pendingAnswer), late);
    }

    private static <T> T result(PendingAnswer<T> pendingAnswer, Runnable wait, Consumer<T> late) {
        try {
            wait.run();
        } catch (StepAbortedException e) {
            pendingAnswer.abandon(late);
            throw e;
        }
        return pendingAnswer.get();
    }

    /** The same for a call without a result, which cannot be undone. */
    public static void call(
            MigrationEvents events, MigrationStep step, String what, Duration limit, Runnable hostCall) {
        call(
                events,
                step,
                what,
                limit,
                () -> {
                    hostCall.run();
                    return what;
                },
                done -> {});
    }
}

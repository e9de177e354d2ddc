// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.understudy.api.MigrationStep;

/** A host's call that may block, under a deadline and open to a cancel. */
public final class DeadlineCall {
    private DeadlineCall() {}

    /**
     * Makes the call on a thread of its own and waits for it.
     *
     * @param late takes back a result that came after the run had stopped waiting
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
        try {
            events.await(step, what, limit, pendingAnswer);
        } catch (StepAbortedException e) {
            pendingAnswer.abandon(late);
            throw e;
        }
        return pendingAnswer.get();
    }

    /** The same for a call whose result the way back needs: a cancel has to wait for the answer. */
    public static <T> T callUncancellable(
            MigrationEvents events,
            MigrationStep step,
            String what,
            Duration limit,
            Supplier<T> hostCall,
            Consumer<T> late) {
        PendingAnswer<T> pendingAnswer = events.begin(what, hostCall);
        try {
            events.awaitDespiteCancel(step, what, limit, pendingAnswer);
        } catch (StepAbortedException e) {
            pendingAnswer.abandon(late);
            throw e;
        }
        return pendingAnswer.get();
    }

    /** The same for a call without a result; nothing can be taken back. */
    public static void call(MigrationEvents events, MigrationStep step, String what, Duration limit, Runnable hostCall) {
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

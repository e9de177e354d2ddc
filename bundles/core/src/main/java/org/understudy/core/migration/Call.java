// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.understudy.api.MigrationStep;

/** A host's call that may block, under a deadline and open to a cancel. */
final class Call {
    private Call() {}

    /**
     * Makes the call on a thread of its own and waits for it.
     *
     * @param late takes back a result that came after the run had stopped waiting
     * @throws StepStopped past the limit or when cancelled
     */
    static <T> T within(
            Trail trail, MigrationStep step, String what, Duration limit, Supplier<T> call, Consumer<T> late) {
        Answer<T> answer = trail.begin(what, call);
        try {
            trail.await(step, what, limit, answer);
        } catch (StepStopped e) {
            answer.abandon(late);
            throw e;
        }
        return answer.get();
    }

    /** The same for a call whose result the way back needs: a cancel has to wait for the answer. */
    static <T> T toItsAnswer(
            Trail trail, MigrationStep step, String what, Duration limit, Supplier<T> call, Consumer<T> late) {
        Answer<T> answer = trail.begin(what, call);
        try {
            trail.awaitDespiteCancel(step, what, limit, answer);
        } catch (StepStopped e) {
            answer.abandon(late);
            throw e;
        }
        return answer.get();
    }

    /** The same for a call without a result; nothing can be taken back. */
    static void within(Trail trail, MigrationStep step, String what, Duration limit, Runnable call) {
        within(
                trail,
                step,
                what,
                limit,
                () -> {
                    call.run();
                    return what;
                },
                done -> {});
    }
}

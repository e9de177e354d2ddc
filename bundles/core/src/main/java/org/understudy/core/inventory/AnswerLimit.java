// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;

/** The limit for one answer of a host: reports a host that hangs, although its call has not returned. */
final class AnswerLimit {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Subscription timer;
    private boolean over;
    private boolean reported;

    /** @param hanging called at the limit, unless the call has ended; must not block */
    AnswerLimit(HostName host, Scheduler scheduler, Consumer<UnansweredHost> hanging) {
        this.timer = scheduler.after(LIMIT, () -> report(host, hanging));
    }

    private synchronized void report(HostName host, Consumer<UnansweredHost> hanging) {
        if (!over) {
            reported = true;
            hanging.accept(
                    new UnansweredHost(host, "did not answer within " + LIMIT.toSeconds() + " s", Optional.empty()));
        }
    }

    /** The call has ended. Returns whether the host was reported, which then is complete. */
    synchronized boolean end() {
        over = true;
        timer.close();
        return reported;
    }
}

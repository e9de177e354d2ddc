// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.understudy.api.HostName;

/**
 * Looks again at hosts where something was refused, after pauses that grow up to a longest one. However often a host
 * fails in the meantime, one look waits. All calls come on the clock's thread.
 */
final class Retries {
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final ScheduledExecutorService clock;
    private final Duration first;
    private final Consumer<HostName> look;
    private final Map<HostName, Wait> waits = new HashMap<>();

    private record Wait(Duration pause, boolean over) {}

    /** @param clock of a single thread */
    Retries(ScheduledExecutorService clock, Duration first, Consumer<HostName> look) {
        this.clock = clock;
        this.first = first;
        this.look = look;
    }

    void refused(HostName host) {
        Wait before = waits.get(host);
        if (before == null || before.over()) {
            Duration pause = before == null ? first : longer(before.pause());
            waits.put(host, new Wait(pause, false));
            clock.schedule(() -> again(host, pause), pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void again(HostName host, Duration pause) {
        Wait over = new Wait(pause, true);
        waits.put(host, over);
        look.accept(host);
        // Nothing was refused this time, so the next trouble begins with a short pause.
        waits.remove(host, over);
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
}

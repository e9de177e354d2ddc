// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Looks again where something was refused, after pauses that grow up to a longest one. However often the same place
 * fails in the meantime, one look waits. All calls come on the clock's thread.
 */
public final class Retries<K> {
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final ScheduledExecutorService clock;
    private final Duration first;
    private final Consumer<K> look;
    private final Map<K, Wait> waits = new HashMap<>();

    private record Wait(Duration pause, boolean over) {}

    /** @param clock of a single thread */
    public Retries(ScheduledExecutorService clock, Duration first, Consumer<K> look) {
        this.clock = clock;
        this.first = first;
        this.look = look;
    }

    public void refused(K place) {
        Wait before = waits.get(place);
        if (before == null || before.over()) {
            Duration pause = before == null ? first : longer(before.pause());
            waits.put(place, new Wait(pause, false));
            clock.schedule(() -> again(place, pause), pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** True while a look is waited for. */
    public boolean isWaiting(K place) {
        return Optional.ofNullable(waits.get(place)).filter(w -> !w.over()).isPresent();
    }

    private void again(K place, Duration pause) {
        Wait over = new Wait(pause, true);
        waits.put(place, over);
        look.accept(place);
        // Nothing was refused this time, so the next trouble begins with a short pause.
        waits.remove(place, over);
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
}

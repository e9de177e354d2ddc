// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.understudy.api.HostName;

/**
 * Looks again where something was refused, after pauses that grow up to a longest one. However often the same place
 * fails in the meantime, one look waits. Calls for a place come on its host's lane, where it is looked at too.
 */
public final class Retries<K> {
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final Lanes lanes;
    private final Function<K, HostName> hosts;
    private final Duration first;
    private final Consumer<K> look;
    private final Map<K, Wait> waits = new ConcurrentHashMap<>();

    private record Wait(Duration pause, boolean over) {}

    /** @param hosts tells the host of a place */
    public Retries(Lanes lanes, Function<K, HostName> hosts, Duration first, Consumer<K> look) {
        this.lanes = lanes;
        this.hosts = hosts;
        this.first = first;
        this.look = look;
    }

    public void refused(K place) {
        Wait before = waits.get(place);
        if (before == null || before.over()) {
            Duration pause = before == null ? first : longer(before.pause());
            waits.put(place, new Wait(pause, false));
            lanes.schedule(hosts.apply(place), pause, () -> again(place, pause));
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

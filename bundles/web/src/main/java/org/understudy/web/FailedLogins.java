// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.concurrent.Backoff;

/**
 * Slows down guessing of passwords. After three failed logins of a user from an address, the next one is not checked before
 * a delay has passed, which doubles with each further failure. Other addresses are not affected, so that an attacker cannot lock
 * out an admin who is elsewhere.
 */
@Component(service = FailedLogins.class)
public final class FailedLogins {
    /** Failures without a delay, such as typing errors. */
    static final int FREE = 3;

    static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    /** After this time without a further failure, the failures do not count any more. */
    static final Duration KEPT = Duration.ofMinutes(30);

    /** About 2 MB. If there are more, the ones that failed least recently are dropped. */
    static final int MOST = 10_000;

    /** Names are cut to this length, so that the limit bounds the memory. */
    private static final int COMPARED = 64;

    private final Backoff delays = new Backoff(Duration.ofSeconds(1), LONGEST_DELAY, () -> 0);
    private final LongSupplier nanos;
    private final Map<Attempt, Failures> failures = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Attempt, Failures> eldest) {
            return size() > MOST;
        }
    };

    private record Attempt(String user, String address) {
        static Attempt of(String user, String address) {
            return new Attempt(user.length() <= COMPARED ? user : user.substring(0, COMPARED), address);
        }
    }

    /** @param nextAt the time from which the next login is checked */
    private record Failures(int count, long lastAt, long nextAt) {}

    @Activate
    public FailedLogins() {
        this(System::nanoTime);
    }

    FailedLogins(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Reserves a check of a password. Concurrent checks are refused as long as it lasts, so that guessing in parallel is not
     * faster.
     *
     * @return zero if the password may be checked now, otherwise the remaining delay
     */
    synchronized Duration reserve(String user, String address) {
        Attempt attempt = Attempt.of(user, address);
        long now = nanos.getAsLong();
        Failures known = known(attempt, now);
        if (known.count < FREE) {
            return Duration.ZERO;
        }
        if (known.nextAt - now > 0) {
            return Duration.ofNanos(known.nextAt - now);
        }
        failures.put(
                attempt,
                new Failures(known.count, known.lastAt, now + delay(known.count).toNanos()));
        return Duration.ZERO;
    }

    /** @return the delay before the next login of the user from the address is checked */
    synchronized Duration failed(String user, String address) {
        Attempt attempt = Attempt.of(user, address);
        long now = nanos.getAsLong();
        int count = known(attempt, now).count + 1;
        Duration delay = count < FREE ? Duration.ZERO : delay(count);
        failures.put(attempt, new Failures(count, now, now + delay.toNanos()));
        return delay;
    }

    synchronized void succeeded(String user, String address) {
        failures.remove(Attempt.of(user, address));
    }

    private Failures known(Attempt attempt, long now) {
        Failures known = failures.getOrDefault(attempt, new Failures(0, now, now));
        return now - known.lastAt > KEPT.toNanos() ? new Failures(0, now, now) : known;
    }

    private Duration delay(int count) {
        return delays.pause(count - FREE + 1);
    }

    synchronized int size() {
        return failures.size();
    }
}

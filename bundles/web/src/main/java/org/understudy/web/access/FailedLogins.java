// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Occurrences;

/**
 * Slows down guessing of passwords. After three failed logins of a user from a network of a client, the next one is not checked
 * before a delay has passed, which doubles with each further failure. The same applies after more failures of any users from
 * one network, so that many names do not help. Other networks are not affected, nor is a login with the last accepted password
 * of the user, so that an attacker cannot lock out an admin.
 */
@Component(service = FailedLogins.class)
public final class FailedLogins {
    /** Failures of one user without a delay, such as typing errors. */
    static final int FREE = 3;

    /** Failures of all users of one network without a delay. */
    static final int FREE_OF_NETWORK = 30;

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

    private final AcceptedPasswords accepted = new AcceptedPasswords();

    /** @param user empty for all users of the network */
    private record Attempt(String user, ClientNetwork network) {
        int free() {
            return user.isEmpty() ? FREE_OF_NETWORK : FREE;
        }
    }

    /**
     * The permission to check a password, or the delay before that.
     *
     * @param counted whether it counts as a failure until the check succeeds
     */
    record Reservation(Duration delay, boolean counted) {
        boolean isRefused() {
            return !delay.isZero();
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
     * Reserves a check of a password. It counts as a failure until it succeeds, so that guessing in parallel is not faster. A
     * login with the last accepted password of the user is always permitted and changes no count: otherwise the requests of an
     * admin would end the delay of an attacker on the same machine.
     */
    synchronized Reservation reserve(Credentials given, String address) {
        String user = compared(given.user());
        long now = nanos.getAsLong();
        List<Attempt> attempts = attempts(user, address);
        Duration delay = attempts.stream()
                .map(attempt -> Duration.ofNanos(Math.max(0, known(attempt, now).nextAt - now)))
                .max(Duration::compareTo)
                .orElseThrow();
        boolean permitted = delay.isZero()
                ? accepted.isLast(user, given.password())
                : accepted.isLastDuringDelay(user, given.password(), now);
        if (permitted || !delay.isZero()) {
            if (!permitted) {
                Occurrences.LOGINS_REFUSED.count("delayed");
            }
            return new Reservation(permitted ? Duration.ZERO : delay, false);
        }
        for (Attempt attempt : attempts) {
            fail(attempt, known(attempt, now).count + 1, now);
        }
        return new Reservation(Duration.ZERO, true);
    }

    /** @return the delay before the next login of the user from the address is checked */
    synchronized Duration failed(Credentials given, String address) {
        Occurrences.LOGINS_REFUSED.count("failed");
        String user = compared(given.user());
        long now = nanos.getAsLong();
        if (accepted.isLast(user, given.password())) {
            // The password was changed.
            accepted.forget(user);
        }
        return attempts(user, address).stream()
                .map(attempt -> fail(attempt, known(attempt, now).count, now))
                .max(Duration::compareTo)
                .orElseThrow();
    }

    synchronized void succeeded(Credentials given, String address, Reservation reservation) {
        if (!reservation.counted) {
            return;
        }
        String user = compared(given.user());
        long now = nanos.getAsLong();
        accepted.remember(user, given.password(), now);
        ClientNetwork network = ClientNetwork.of(address);
        failures.remove(new Attempt(user, network));
        // Without this user's earlier failures: a user of the network who knows one password may guess another.
        Attempt all = new Attempt("", network);
        fail(all, Math.max(0, known(all, now).count - 1), now);
    }

    /** Those of the whole network last, because the ones that are used least recently are dropped. */
    private static List<Attempt> attempts(String user, String address) {
        ClientNetwork network = ClientNetwork.of(address);
        return List.of(new Attempt(user, network), new Attempt("", network));
    }

    private static String compared(String user) {
        String name = user.strip().toLowerCase(Locale.ROOT);
        return name.length() <= COMPARED ? name : name.substring(0, COMPARED);
    }

    private Duration fail(Attempt attempt, int count, long now) {
        if (count == 0) {
            failures.remove(attempt);
            return Duration.ZERO;
        }
        Duration delay = count < attempt.free() ? Duration.ZERO : delays.pause(count - attempt.free() + 1);
        failures.put(attempt, new Failures(count, now, now + delay.toNanos()));
        return delay;
    }

    private Failures known(Attempt attempt, long now) {
        Failures known = failures.getOrDefault(attempt, new Failures(0, now, now));
        return now - known.lastAt > KEPT.toNanos() ? new Failures(0, now, now) : known;
    }

    synchronized int size() {
        return failures.size();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Role;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** The sessions of the console, in memory: a restart of the server ends them. */
@Component(service = Sessions.class)
public final class Sessions {
    /** Browsers of one user; a further login ends the session that was used least recently. */
    static final int MOST_OF_USER = 20;

    static final int MOST = 1000;

    private final Scheduler clock;
    private final Map<String, Session> byKey = new HashMap<>();

    /**
     * A session.
     *
     * @param roles at the login
     * @param password its hash in the realm at the login; empty if it is not known
     */
    record Session(String user, Set<Role> roles, Optional<String> password, long startedAt, long usedAt) {
        private Session used(long now) {
            return new Session(user, roles, password, startedAt, now);
        }
    }

    @Activate
    public Sessions() {
        this(SystemScheduler.process());
    }

    Sessions(Scheduler clock) {
        this.clock = clock;
    }

    /** {@return the secret of a new session} */
    synchronized String begin(String user, Set<Role> roles, Optional<String> password) {
        dropLeastUsed(MOST_OF_USER, user);
        dropLeastUsed(MOST, "");
        String secret = Secret.random();
        long now = clock.nanos();
        byKey.put(Secret.hash(secret), new Session(user, roles, password, now, now));
        return secret;
    }

    /** @param user empty for all users */
    private void dropLeastUsed(int most, String user) {
        long count = byKey.values().stream()
                .filter(session -> user.isEmpty() || session.user().equals(user))
                .count();
        if (count >= most) {
            byKey.entrySet().stream()
                    .filter(entry -> user.isEmpty() || entry.getValue().user().equals(user))
                    .min(Comparator.comparingLong(entry -> entry.getValue().usedAt()))
                    .map(Map.Entry::getKey)
                    .ifPresent(byKey::remove);
        }
    }

    /** The session with a key, which counts as used now; empty if it has ended. */
    synchronized Optional<Session> use(String key, AccessPolicy policy) {
        long now = clock.nanos();
        byKey.values()
                .removeIf(session -> isPast(session.startedAt(), policy.sessionLifetime(), now)
                        || isPast(session.usedAt(), policy.sessionIdle(), now));
        return Optional.ofNullable(byKey.computeIfPresent(key, (same, session) -> session.used(now)));
    }

    private static boolean isPast(long since, Duration limit, long now) {
        return now - since > limit.toNanos();
    }

    /** Ends a session. */
    public synchronized void end(Caller.SessionKey session) {
        byKey.remove(session.key());
    }

    synchronized int size() {
        return byKey.size();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Role;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/**
 * The roles that users have in the realm at this moment. A role is lost only if a second look, a second later, finds it missing,
 * because a file that is being written has no users for an instant. Safe for use from several threads.
 */
@Component(service = CurrentRoles.class)
public final class CurrentRoles {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    /** An older look does not show the state of a file that is being written. */
    private static final Duration RECENT = Duration.ofSeconds(3);

    private static final int MOST = 1000;

    private final BiFunction<String, String, Optional<Set<String>>> realms;
    private final Scheduler clock;
    private final Map<String, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MOST;
        }
    };

    /** @param doubtful whether the last look found fewer roles */
    private record Known(Optional<Set<String>> roles, long readAt, boolean doubtful) {}

    @Activate
    public CurrentRoles() {
        this(UsersFile::roles, SystemScheduler.process());
    }

    /** @param realms reads the roles by realm and user, as {@link UsersFile#roles} */
    CurrentRoles(BiFunction<String, String, Optional<Set<String>>> realms, Scheduler clock) {
        this.realms = realms;
        this.clock = clock;
    }

    /** {@return the roles; none if the user is gone, empty if the realm does not report them} */
    synchronized Optional<Set<String>> of(String realm, String user) {
        long now = clock.nanos();
        String key = key(realm, user);
        Known before = known.get(key);
        if (before != null && now - before.readAt < PERIOD.toNanos()) {
            return before.roles;
        }
        Optional<Set<String>> read = realms.apply(realm, user);
        boolean lost = before != null
                && now - before.readAt < RECENT.toNanos()
                && before.roles.isPresent()
                && read.isPresent()
                && !read.get().containsAll(before.roles.get());
        Known current = lost && !before.doubtful ? new Known(before.roles, now, true) : new Known(read, now, false);
        known.put(key, current);
        return current.roles;
    }

    /** {@return whether a user may do now what the role may do} True if the realm does not report roles. */
    boolean permit(AccessPolicy policy, String user, Role role) {
        return of(policy.realm(), user)
                .map(policy::roles)
                .map(now -> now.stream().anyMatch(held -> held.includes(role)))
                .orElse(true);
    }

    /** Makes the next look a new one. */
    synchronized void forget(String realm, String user) {
        known.remove(key(realm, user));
    }

    private static String key(String realm, String user) {
        return realm + "\n" + user;
    }
}

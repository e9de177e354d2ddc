// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Role;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/**
 * The roles and passwords that users have in the realm at this moment. A role is lost, and a password is changed, only if a
 * second look, a second later, finds that too, because a file that is being written has no users for an instant. Safe for use
 * from several threads.
 */
@Component(service = CurrentAccounts.class)
public final class CurrentAccounts {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    /** An older look does not show the state of a file that is being written. */
    private static final Duration RECENT = Duration.ofSeconds(3);

    private static final int MOST = 1000;

    private final BiFunction<String, String, Optional<Account>> realms;
    private final Scheduler clock;
    private final Map<String, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MOST;
        }
    };

    /** @param doubtful whether the last look found fewer roles or another password */
    private record Known(Optional<Account> account, long readAt, boolean doubtful) {}

    @Activate
    public CurrentAccounts() {
        this(UsersFile::account, SystemScheduler.process());
    }

    /** @param realms reads an account by realm and user, as {@link UsersFile#account} */
    CurrentAccounts(BiFunction<String, String, Optional<Account>> realms, Scheduler clock) {
        this.realms = realms;
        this.clock = clock;
    }

    /** {@return the account; {@link Account#NONE} if the user is gone, empty if the realm does not report it} */
    synchronized Optional<Account> of(String realm, String user) {
        long now = clock.nanos();
        String key = key(realm, user);
        Known before = known.get(key);
        if (before != null && now - before.readAt < PERIOD.toNanos()) {
            return before.account;
        }
        Optional<Account> read = read(realm, user);
        boolean lost = before != null
                && now - before.readAt < RECENT.toNanos()
                && before.account.isPresent()
                && read.isPresent()
                && hasLost(before.account.get(), read.get());
        Known current = lost && !before.doubtful ? new Known(before.account, now, true) : new Known(read, now, false);
        known.put(key, current);
        return current.account;
    }

    private static boolean hasLost(Account before, Account now) {
        return !now.roles().containsAll(before.roles()) || !now.password().equals(before.password());
    }

    /** {@return the account as it is read now} */
    Optional<Account> read(String realm, String user) {
        return realms.apply(realm, user);
    }

    /** Stores what was read just before a successful login, so that a change a moment ago counts at once. */
    synchronized void confirm(String realm, String user, Account account) {
        known.put(key(realm, user), new Known(Optional.of(account), clock.nanos(), false));
    }

    /** {@return whether a user may do now what the role may do} True if the realm does not report roles. */
    boolean permit(AccessPolicy policy, String user, Role role) {
        return of(policy.realm(), user)
                .map(now -> policy.roles(now.roles()))
                .map(now -> now.stream().anyMatch(held -> held.includes(role)))
                .orElse(true);
    }

    /** {@return whether the password of a user is the same} True if one of them is not known. */
    boolean hasPassword(AccessPolicy policy, String user, Optional<String> password) {
        return password.isEmpty()
                || of(policy.realm(), user)
                        .map(now -> now.password().equals(password.get()))
                        .orElse(true);
    }

    private static String key(String realm, String user) {
        return realm + "\n" + user;
    }
}

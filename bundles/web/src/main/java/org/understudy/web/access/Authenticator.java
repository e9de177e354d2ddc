// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import javax.servlet.http.HttpServletRequest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Policies;
import org.understudy.api.Role;
import org.understudy.web.access.Caller.Password;

/** Finds out who makes a request. Blocks for the JAAS realm if the request has a password. */
@Component(service = Authenticator.class)
public final class Authenticator {
    /** Not the name of the class, so that an admin can send successful and failed logins to a file of their own. */
    private static final Logger LOG = LoggerFactory.getLogger("org.understudy.security");

    private final Policies policies;
    private final FailedLogins failedLogins;

    /** What a request proves. */
    public sealed interface Result {}

    /** The caller is known. */
    public record Accepted(Caller caller) implements Result {}

    /** The request has no credentials. */
    public record Anonymous() implements Result {}

    /** User, password, session or token is wrong. */
    public record Failed() implements Result {}

    /** The password was not checked because of earlier failures. */
    public record Delayed(String user, Duration delay) implements Result {
        /** {@return the delay in whole seconds, at least one} */
        public long seconds() {
            return Math.max(1, delay.plusMillis(999).toSeconds());
        }
    }

    /** The password is right, but the user has no role. */
    public record WithoutRole(String user) implements Result {}

    @Activate
    public Authenticator(@Reference Policies policies, @Reference FailedLogins failedLogins) {
        this.policies = policies;
        this.failedLogins = failedLogins;
    }

    /** {@return who makes the request} */
    public Result check(HttpServletRequest request) {
        Optional<String> authorization = Optional.ofNullable(request.getHeader("Authorization"));
        Optional<Credentials> given = Credentials.parse(authorization).filter(any -> policy().basic());
        return given.isPresent() ? login(given.get(), request.getRemoteAddr()) : new Anonymous();
    }

    /** {@return what the user and password prove} */
    public Result login(Credentials given, String address) {
        FailedLogins.Reservation reservation = failedLogins.reserve(given, address);
        if (reservation.isRefused()) {
            // Not logged, because a program that guesses passwords would fill the log.
            return new Delayed(given.shownUser(), reservation.delay());
        }
        Optional<Set<String>> realmRoles = LoginCheck.roles(policy(), given, address);
        if (realmRoles.isEmpty()) {
            logFailure(given, address, failedLogins.failed(given, address));
            return new Failed();
        }
        failedLogins.succeeded(given, address, reservation);
        Set<Role> roles = policy().roles(realmRoles.get());
        if (roles.isEmpty()) {
            LOG.info("Login of user {} from {}: refused, every role is missing", given.shownUser(), address);
            return new WithoutRole(given.shownUser());
        }
        if (reservation.counted()) {
            LOG.info("Login of user {} from {}: accepted", given.shownUser(), address);
        }
        return new Accepted(new Caller(given.user(), roles, new Password(), address));
    }

    private static void logFailure(Credentials given, String address, Duration delay) {
        LOG.warn(
                "Login of user {} from {}: failed{}",
                given.shownUser(),
                address,
                delay.isZero()
                        ? ""
                        : ", further logins are refused for " + new Delayed("", delay).seconds() + " s");
    }

    private AccessPolicy policy() {
        return policies.current().access();
    }
}

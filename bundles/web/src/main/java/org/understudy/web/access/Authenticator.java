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
import org.understudy.api.AccessToken;
import org.understudy.api.Policies;
import org.understudy.api.Role;
import org.understudy.web.access.Caller.Password;

/** Finds out who makes a request. Blocks for the JAAS realm if the request has a password. */
@Component(service = Authenticator.class)
public final class Authenticator {
    /** Not the name of the class, so that an admin can send successful and failed logins to a file of their own. */
    private static final Logger LOG = LoggerFactory.getLogger("org.understudy.security");

    private static final String BEARER = "Bearer ";

    private final Policies policies;
    private final FailedLogins failedLogins;
    private final Sessions sessions;
    private final StoredTokens tokens;
    private final CurrentRoles currentRoles;

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

    /** A token was sent in plain text over a network. It is not checked, so that the answer does not show whether it is valid. */
    public record Unencrypted() implements Result {}

    @Activate
    public Authenticator(
            @Reference Policies policies,
            @Reference FailedLogins failedLogins,
            @Reference Sessions sessions,
            @Reference StoredTokens tokens,
            @Reference CurrentRoles currentRoles) {
        this.policies = policies;
        this.failedLogins = failedLogins;
        this.sessions = sessions;
        this.tokens = tokens;
        this.currentRoles = currentRoles;
    }

    /** {@return who makes the request} */
    public Result check(HttpServletRequest request) {
        Optional<String> authorization = Optional.ofNullable(request.getHeader("Authorization"));
        String address = request.getRemoteAddr();
        if (authorization
                .filter(header -> header.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                .isPresent()) {
            String secret = authorization.get().substring(BEARER.length()).strip();
            return isPrivate(request) ? token(secret, address) : new Unencrypted();
        }
        Optional<Credentials> given = Credentials.parse(authorization).filter(any -> policy().basic());
        return given.isPresent()
                ? login(given.get(), address)
                : SessionCookie.secret(request)
                        .flatMap(secret -> session(secret, address))
                        .<Result>map(Accepted::new)
                        .orElseGet(Anonymous::new);
    }

    /** {@return whether no other machine can read the request} A TLS proxy on this machine counts as private. */
    public static boolean isPrivate(HttpServletRequest request) {
        return request.isSecure() || ClientNetwork.of(request.getRemoteAddr()).isLoopback();
    }

    private Optional<Caller> session(String secret, String address) {
        Caller.SessionKey key = new Caller.SessionKey(Secret.hash(secret));
        return sessions.use(key.key(), policy())
                .map(session -> new Caller(session.user(), roles(session.user(), session.roles()), key, address))
                .filter(caller -> !caller.roles().isEmpty());
    }

    private Result token(String secret, String address) {
        Optional<Caller> caller = tokens.use(secret)
                .map(token ->
                        new Caller(token.user(), roles(token), new Caller.TokenKey(token.id(), token.name()), address))
                .filter(known -> !known.roles().isEmpty());
        if (caller.isPresent()) {
            return new Accepted(caller.get());
        }
        // A name that no user can have: a colon ends the name in the header.
        Credentials wrong = new Credentials("token:", secret);
        FailedLogins.Reservation reservation = failedLogins.reserve(wrong, address);
        if (reservation.isRefused()) {
            return new Delayed("token", reservation.delay());
        }
        logFailure(wrong, address, failedLogins.failed(wrong, address));
        return new Failed();
    }

    /** What a token permits: no more than its creator may do now. */
    private Set<Role> roles(AccessToken token) {
        return currentRoles.permit(policy(), token.user(), token.role()) ? Set.of(token.role()) : Set.of();
    }

    /** The roles that a user has now, if the realm reports them. */
    private Set<Role> roles(String user, Set<Role> atLogin) {
        return currentRoles.of(policy().realm(), user).map(policy()::roles).orElse(atLogin);
    }

    /** {@return whether a request of the caller would still have all roles that it had} A session counts as used now. */
    public boolean isStillValid(Caller caller) {
        if (caller.proof() instanceof Caller.TokenKey token && !tokens.isValid(token.id())
                || caller.proof() instanceof Caller.SessionKey session
                        && sessions.use(session.key(), policy()).isEmpty()) {
            return false;
        }
        return caller.roles().stream().allMatch(role -> currentRoles.permit(policy(), caller.user(), role));
    }

    /** {@return the secret of a new session, for a cookie} The session that the browser had until now ends. */
    public String beginSession(Caller caller, HttpServletRequest login) {
        SessionCookie.secret(login)
                .map(Secret::hash)
                .map(Caller.SessionKey::new)
                .ifPresent(sessions::end);
        // A role that was added a moment ago counts at once.
        currentRoles.forget(policy().realm(), caller.user());
        return sessions.begin(caller.user(), caller.roles());
    }

    /** Ends the session of a caller, if it has one. */
    public void endSession(Caller caller) {
        if (caller.proof() instanceof Caller.SessionKey session) {
            sessions.end(session);
            LOG.info(
                    "Session of user {} from {}: ended",
                    new Credentials(caller.user(), "").shownUser(),
                    caller.address());
        }
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
                delay.isZero() ? "" : ", further logins are refused for " + new Delayed("", delay).seconds() + " s");
    }

    private AccessPolicy policy() {
        return policies.current().access();
    }
}

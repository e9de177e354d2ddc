// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.AccessTokens;
import org.understudy.api.Policies;
import org.understudy.api.Role;
import org.understudy.concurrent.testing.FakeTime;
import org.understudy.web.access.Authenticator.Accepted;
import org.understudy.web.access.Authenticator.Anonymous;
import org.understudy.web.access.Authenticator.Delayed;
import org.understudy.web.access.Authenticator.Failed;
import org.understudy.web.access.Authenticator.Result;
import org.understudy.web.access.Authenticator.Unencrypted;

class AuthenticatorTest {
    @TempDir
    Path folder;

    private final FakeTime time = new FakeTime();
    private final AtomicReference<Optional<Set<String>>> realmRoles =
            new AtomicReference<>(Optional.of(Set.of("admin")));
    private final CurrentRoles currentRoles = new CurrentRoles((realm, user) -> realmRoles.get(), time);
    private StoredTokens tokens;
    private Authenticator authenticator;

    @BeforeAll
    static void realm() {
        TestRealm.install();
    }

    @BeforeEach
    void open() {
        Policies policies = TestRealm.policies(true);
        tokens = new StoredTokens(policies, currentRoles, folder.resolve("tokens.json"), time);
        authenticator = authenticator(policies);
    }

    private Authenticator authenticator(Policies policies) {
        return new Authenticator(policies, new FailedLogins(time::nanos), new Sessions(time), tokens, currentRoles);
    }

    private Result check(String authorization, String address, boolean secure) {
        HttpServletRequest request = mock(HttpServletRequest.class);
        when(request.getHeader("Authorization")).thenReturn(authorization);
        when(request.getRemoteAddr()).thenReturn(address);
        when(request.isSecure()).thenReturn(secure);
        return authenticator.check(request);
    }

    private Result bearer(String secret) {
        return check("Bearer " + secret, "127.0.0.1", false);
    }

    private AccessTokens.Created create(Role role) {
        return tokens.create("root", "backup", role, Duration.ofDays(1));
    }

    @Test
    void aTokenHasItsRoleAndNoMore() {
        Result result = bearer(create(Role.OPERATOR).secret());

        assertThat(result).isInstanceOfSatisfying(Accepted.class, accepted -> {
            assertThat(accepted.caller().roles()).containsExactly(Role.OPERATOR);
            assertThat(accepted.caller().label()).isEqualTo("root (token backup)");
        });
    }

    @Test
    void aTokenIsWorthNoMoreThanItsCreator() {
        AccessTokens.Created created = create(Role.OPERATOR);
        realmRoles.set(Optional.of(Set.of("viewer")));
        // What docs/security.md promises.
        time.advance(Duration.ofSeconds(5));
        assertThat(bearer(created.secret())).isInstanceOf(Failed.class);

        time.advance(Duration.ofMinutes(1));
        realmRoles.set(Optional.empty());

        assertThat(bearer(created.secret()))
                .as("a realm that does not report roles")
                .isInstanceOf(Accepted.class);
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, true, true", "192.0.2.1, false, false", "127.0.0.1, false, true", "::1, false, true"})
    void acceptsATokenEncryptedOrFromThisMachineOnly(String address, boolean secure, boolean accepted) {
        Result result = check("bearer " + create(Role.VIEWER).secret(), address, secure);

        assertThat(result).isInstanceOf(accepted ? Accepted.class : Unencrypted.class);
    }

    @Test
    void delaysWrongTokensButNoValidOne() {
        String secret = create(Role.VIEWER).secret();
        for (int i = 0; i < FailedLogins.FREE; i++) {
            assertThat(bearer("understudy_wrong")).isInstanceOf(Failed.class);
        }

        assertThat(bearer("understudy_wrong")).isInstanceOf(Delayed.class);
        assertThat(bearer(secret)).isInstanceOf(Accepted.class);
    }

    @Test
    void ignoresPasswordsOfRequestsWhereTheyAreSwitchedOff() {
        String login = "Basic "
                + Base64.getEncoder().encodeToString(("root:" + TestRealm.PASSWORD).getBytes(StandardCharsets.UTF_8));
        assertThat(check(login, "127.0.0.1", false)).isInstanceOf(Accepted.class);

        authenticator = authenticator(TestRealm.policies(false));

        assertThat(check(login, "127.0.0.1", false)).isInstanceOf(Anonymous.class);
    }

    private static Caller caller(Caller.Proof proof, Role role) {
        return new Caller("root", Set.of(role), proof, "127.0.0.1");
    }

    @Test
    void aCallerIsValidUntilTheRoleIsLost() {
        Caller admin = caller(new Caller.Password(), Role.ADMIN);
        Caller viewer = caller(new Caller.Password(), Role.VIEWER);
        assertThat(authenticator.isStillValid(admin)).isTrue();

        realmRoles.set(Optional.of(Set.of("operator")));
        time.advance(Duration.ofMinutes(1));

        assertThat(authenticator.isStillValid(admin)).isFalse();
        assertThat(authenticator.isStillValid(viewer)).isTrue();
    }

    @Test
    void endsAStreamOfARevokedTokenAndNoOther() {
        StreamWatch watch = new StreamWatch(authenticator, time);
        AccessTokens.Created created = create(Role.VIEWER);
        AtomicInteger ended = new AtomicInteger();
        AtomicInteger others = new AtomicInteger();
        watch.watch(caller(new Caller.TokenKey(created.token().id(), "backup"), Role.VIEWER), ended::incrementAndGet);
        watch.watch(caller(new Caller.Password(), Role.ADMIN), others::incrementAndGet);

        tokens.revoke(created.token().id());
        time.advance(StreamWatch.PERIOD);

        await().until(() -> ended.get() == 1);
        time.advance(StreamWatch.PERIOD);
        assertThat(others).hasValue(0);
        watch.deactivate();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AccessPolicy;

class LoginCheckTest {
    @BeforeAll
    static void realm() {
        TestRealm.install();
    }

    private static Optional<Set<String>> roles(String user, String password, AccessPolicy policy) {
        return LoginCheck.roles(policy, new Credentials(user, password), "192.0.2.1");
    }

    private static AccessPolicy policy(String roleClass) {
        AccessPolicy usual = AccessPolicy.DEFAULT;
        return new AccessPolicy(
                "test", Set.of(roleClass), usual.roles(), true, usual.sessionIdle(), usual.sessionLifetime());
    }

    private static Optional<Set<String>> roles(String user, String password) {
        return roles(user, password, policy("RolePrincipal"));
    }

    @Test
    void acceptsAnAdmin() {
        assertThat(roles("root", "sé:cret")).hasValue(Set.of("admin"));
    }

    @Test
    void distinguishesAMissingRoleFromAWrongPassword() {
        assertThat(roles("eve", "sé:cret")).hasValue(Set.of("viewer"));
        assertThat(roles("eve", "wrong")).isEmpty();
        assertThat(roles("root", "wrong")).isEmpty();
    }

    @Test
    void readsRolesOfTheConfiguredClassesOnly() {
        assertThat(roles("root", "sé:cret", policy("GroupPrincipal"))).hasValue(Set.of());
        assertThat(roles("root", "sé:cret", policy(TestRealm.RolePrincipal.class.getName())))
                .hasValue(Set.of("admin"));
    }

    @Test
    void readsAPasswordWithColonsAndUmlauts() {
        String header = "basic " + Base64.getEncoder().encodeToString("root:sé:cret".getBytes(StandardCharsets.UTF_8));

        assertThat(Credentials.parse(Optional.of(header))).contains(new Credentials("root", "sé:cret"));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "Basic", "Basic !!", "Bearer abc", "Basic cm9vdA=="})
    void findsNoCredentialsInAnyOtherHeader(String header) {
        assertThat(Credentials.parse(Optional.ofNullable(header))).isEmpty();
    }

    @Test
    void showsAUserOfALoginOnOneShortLine() {
        assertThat(new Credentials("eve\r\n2026 INFO \u202eroot", "secret").shownUser())
                .isEqualTo("eve??2026 INFO ?root");
        assertThat(new Credentials("x".repeat(9000), "secret").shownUser()).hasSize(67);
        assertThat(new Credentials("eve", "secret")).hasToString("credentials of eve");
    }
}

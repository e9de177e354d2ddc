// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginException;
import javax.security.auth.spi.LoginModule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.web.access.LoginCheck.Result;

class LoginCheckTest {
    private final LoginCheck login = new LoginCheck("test", "admin");

    /** Has the name of Karaf's class, by which the login recognizes a role. */
    record RolePrincipal(String name) implements Principal {
        @Override
        public String getName() {
            return name;
        }
    }

    /** A realm with two users: root is an admin, eve is not. */
    public static final class Realm implements LoginModule {
        private Subject subject = new Subject();
        private CallbackHandler handler = callbacks -> {};

        @Override
        public void initialize(Subject who, CallbackHandler asks, Map<String, ?> shared, Map<String, ?> options) {
            subject = who;
            handler = asks;
        }

        @Override
        public boolean login() throws LoginException {
            NameCallback name = new NameCallback("user");
            PasswordCallback password = new PasswordCallback("password", false);
            try {
                handler.handle(new Callback[] {name, password});
            } catch (Exception e) {
                throw new LoginException(e.toString());
            }
            if (!new String(password.getPassword()).equals("sé:cret")) {
                throw new LoginException("wrong");
            }
            subject.getPrincipals().add(new RolePrincipal(name.getName().equals("root") ? "admin" : "viewer"));
            return true;
        }

        @Override
        public boolean commit() {
            return true;
        }

        @Override
        public boolean abort() {
            return true;
        }

        @Override
        public boolean logout() {
            return true;
        }
    }

    @BeforeAll
    static void realm() {
        Configuration.setConfiguration(new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {
                    new AppConfigurationEntry(Realm.class.getName(), LoginModuleControlFlag.REQUIRED, Map.of())
                };
            }
        });
    }

    private Result check(String user, String password) {
        return login.check(new Credentials(user, password));
    }

    @Test
    void acceptsAnAdmin() {
        assertThat(check("root", "sé:cret")).isEqualTo(Result.ACCEPTED);
    }

    @Test
    void distinguishesAMissingRoleFromAWrongPassword() {
        assertThat(check("eve", "sé:cret")).isEqualTo(Result.ROLE_MISSING);
        assertThat(check("eve", "wrong")).isEqualTo(Result.FAILED);
        assertThat(check("root", "wrong")).isEqualTo(Result.FAILED);
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

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
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
import org.understudy.api.AccessPolicy;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.testing.FakeTime;

/** A realm whose users all have the same password: root is an admin, oscar an operator, eve a viewer, pia a peer, sam only has ssh. */
public final class TestRealm implements LoginModule {
    public static final String PASSWORD = "sé:cret";

    private static final Map<String, String> ROLES = Map.of(
            "root", "admin",
            "oscar", "operator",
            "eve", "viewer",
            "pia", "peer",
            "sam", "ssh");

    private Subject subject = new Subject();
    private CallbackHandler handler = callbacks -> {};

    /** Has the name of Karaf's class, by which the login recognizes a role. */
    record RolePrincipal(String name) implements Principal {
        @Override
        public String getName() {
            return name;
        }
    }

    /** Makes this the realm of the process. */
    public static void install() {
        Configuration.setConfiguration(new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {
                    new AppConfigurationEntry(TestRealm.class.getName(), LoginModuleControlFlag.REQUIRED, Map.of())
                };
            }
        });
    }

    /** {@return a configuration with this realm} */
    public static Policies policies(boolean basic) {
        Policies policies = mock(Policies.class);
        AccessPolicy usual = AccessPolicy.DEFAULT;
        when(policies.current())
                .thenReturn(new Policy(
                        List.of(),
                        List.of(),
                        Map.of(),
                        mock(Policy.Deadlines.class),
                        false,
                        Optional.empty(),
                        false,
                        Duration.ZERO,
                        Map.of(),
                        Policy.MIGRATIONS_AT_ONCE,
                        new AccessPolicy(
                                "test",
                                Set.of("RolePrincipal"),
                                usual.roles(),
                                basic,
                                usual.sessionIdle(),
                                usual.sessionLifetime()),
                        HistoryPolicy.defaults()));
        return policies;
    }

    public static Authenticator authenticator(Policies policies, LongSupplier nanos) {
        return authenticator(policies, nanos, Path.of("no-such-file"), new FakeTime());
    }

    public static Authenticator authenticator(Policies policies, LongSupplier nanos, Path tokens, Scheduler clock) {
        CurrentRoles roles = new CurrentRoles((realm, user) -> Optional.empty(), clock);
        return new Authenticator(
                policies,
                new FailedLogins(nanos),
                new Sessions(clock),
                new StoredTokens(policies, roles, tokens, clock),
                roles);
    }

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
        if (!new String(password.getPassword()).equals(PASSWORD)) {
            throw new LoginException("wrong");
        }
        subject.getPrincipals().add(new RolePrincipal(ROLES.getOrDefault(name.getName(), "none")));
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

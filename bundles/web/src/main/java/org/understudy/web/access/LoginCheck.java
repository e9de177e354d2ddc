// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.security.Principal;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.apache.karaf.jaas.boot.principal.ClientPrincipal;
import org.understudy.api.AccessPolicy;

/** Checks credentials against a JAAS realm. */
final class LoginCheck {
    private LoginCheck() {}

    /** {@return the roles of the user in the realm; empty if user and password are wrong} */
    static Optional<Set<String>> roles(AccessPolicy policy, Credentials given, String address) {
        try {
            Subject subject = new Subject();
            subject.getPrincipals().addAll(client(address));
            new LoginContext(policy.realm(), subject, callbacks -> answer(callbacks, given)).login();
            return Optional.of(subject.getPrincipals().stream()
                    .filter(principal -> isRole(principal.getClass(), policy.roleClasses()))
                    .map(Principal::getName)
                    .collect(Collectors.toSet()));
        } catch (LoginException e) {
            return Optional.empty();
        }
    }

    /** What Karaf's security log shows; no other framework has it. */
    private static Set<Principal> client(String address) {
        try {
            return Set.of(new ClientPrincipal("http", address));
        } catch (NoClassDefFoundError e) {
            return Set.of();
        }
    }

    private static boolean isRole(Class<?> principal, Set<String> roleClasses) {
        return roleClasses.contains(principal.getSimpleName()) || roleClasses.contains(principal.getName());
    }

    private static void answer(Callback[] callbacks, Credentials given) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                name.setName(given.user());
            } else if (callback instanceof PasswordCallback secret) {
                secret.setPassword(given.password().toCharArray());
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }
}

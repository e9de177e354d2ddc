// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;

/** Checks the user and password of a request against a JAAS realm. */
class LoginCheck {
    private static final String SCHEME = "Basic ";

    /** Source: the role class in the JAAS boot library of Karaf. */
    private static final String ROLE_CLASS = "RolePrincipal";

    private final String realm;
    private final String role;

    LoginCheck(String realm, String role) {
        this.realm = realm;
        this.role = role;
    }

    /** @param header the request's {@code Authorization}, or null */
    boolean accepts(String header) {
        return credentials(header)
                .filter(text -> text.indexOf(':') > 0)
                .map(text -> hasRole(
                        text.substring(0, text.indexOf(':')),
                        text.substring(text.indexOf(':') + 1).toCharArray()))
                .orElse(false);
    }

    private static Optional<String> credentials(String header) {
        if (header == null || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return Optional.empty();
        }
        try {
            byte[] decoded =
                    Base64.getDecoder().decode(header.substring(SCHEME.length()).strip());
            return Optional.of(new String(decoded, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private boolean hasRole(String user, char[] password) {
        try {
            Subject subject = new Subject();
            new LoginContext(realm, subject, callbacks -> answer(callbacks, user, password)).login();
            return subject.getPrincipals().stream()
                    .anyMatch(p -> p.getClass().getSimpleName().equals(ROLE_CLASS)
                            && p.getName().equals(role));
        } catch (LoginException e) {
            return false;
        }
    }

    private static void answer(Callback[] callbacks, String user, char[] password) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                name.setName(user);
            } else if (callback instanceof PasswordCallback secret) {
                secret.setPassword(password);
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;

/**
 * Checks credentials against a JAAS realm.
 *
 * @param role the role that a user needs
 */
record LoginCheck(String realm, String role) {
    /** Source: the role class in the JAAS boot library of Karaf. */
    private static final String ROLE_CLASS = "RolePrincipal";

    enum Result {
        ACCEPTED,
        ROLE_MISSING,
        FAILED
    }

    Result check(Credentials given) {
        try {
            Subject subject = new Subject();
            new LoginContext(realm, subject, callbacks -> answer(callbacks, given)).login();
            boolean hasRole = subject.getPrincipals().stream()
                    .anyMatch(p -> p.getClass().getSimpleName().equals(ROLE_CLASS)
                            && p.getName().equals(role));
            return hasRole ? Result.ACCEPTED : Result.ROLE_MISSING;
        } catch (LoginException e) {
            return Result.FAILED;
        }
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

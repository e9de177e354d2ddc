// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.security.Principal;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginException;
import javax.security.auth.spi.LoginModule;

/** A realm with one user, admin, whose role has a class of its own. */
public final class PlainLogin implements LoginModule {
    private Subject subject = new Subject();
    private CallbackHandler handler = callbacks -> {};

    /** The role of a user. */
    public record SiteRole(String role) implements Principal {
        @Override
        public String getName() {
            return role;
        }
    }

    @Override
    public void initialize(
            Subject subject, CallbackHandler handler, Map<String, ?> sharedState, Map<String, ?> options) {
        this.subject = subject;
        this.handler = handler;
    }

    @Override
    public boolean login() throws LoginException {
        NameCallback name = new NameCallback("user");
        PasswordCallback password = new PasswordCallback("password", false);
        try {
            handler.handle(new Callback[] {name, password});
        } catch (IOException | UnsupportedCallbackException e) {
            throw new LoginException(e.getMessage());
        }
        if (!"admin".equals(name.getName()) || !"once".equals(new String(password.getPassword()))) {
            throw new LoginException("wrong user or password");
        }
        return true;
    }

    @Override
    public boolean commit() {
        return subject.getPrincipals().add(new SiteRole("admin"));
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

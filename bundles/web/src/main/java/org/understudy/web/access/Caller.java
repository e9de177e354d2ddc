// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import javax.servlet.ServletRequest;
import org.osgi.service.http.context.ServletContextHelper;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.Role;

/**
 * Who makes a request.
 *
 * @param user the name of the user
 * @param roles what the user may do; not empty
 * @param proof what the request had to prove it
 * @param address of the client
 */
public record Caller(String user, Set<Role> roles, Proof proof, String address) {
    private static final String ATTRIBUTE = Caller.class.getName();

    /** How a request proves its caller. */
    public sealed interface Proof {}

    /**
     * User and password.
     *
     * @param hash of the password in the realm, as in {@link Account}; empty if the realm does not report it
     */
    public record Password(Optional<String> hash) implements Proof {}

    /** @param key of the session */
    public record SessionKey(String key) implements Proof {}

    /**
     * A token.
     *
     * @param id of the token
     * @param name of the token
     */
    public record TokenKey(String id, String name) implements Proof {}

    /** {@return the caller of a request that was accepted} */
    public static Caller of(ServletRequest request) {
        return find(request).orElseThrow(() -> new IllegalStateException("The request was not authenticated"));
    }

    /** {@return the caller of a request; empty for the form of the login} */
    public static Optional<Caller> find(ServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof Caller caller ? Optional.of(caller) : Optional.empty();
    }

    /** Stores the caller of a request that was accepted; also as the remote user of the servlet API. */
    public void attach(ServletRequest request) {
        request.setAttribute(ATTRIBUTE, this);
        request.setAttribute(ServletContextHelper.REMOTE_USER, user);
    }

    /** {@return whether one of the roles permits the action} */
    public boolean may(Action action) {
        return roles.stream().anyMatch(role -> role.includes(action.role()));
    }

    /** {@return the role that is shown: the one that permits most} */
    public Role role() {
        return roles.stream()
                .max(Comparator.comparing((Role role) -> role != Role.PEER).thenComparing(role -> role))
                .orElseThrow();
    }

    /** {@return the name for the audit log, which names the token too} */
    public String label() {
        return proof instanceof TokenKey token ? user + " (token " + token.name() + ")" : user;
    }

    /** {@return the interface: a session belongs to the console} */
    public Face face() {
        return proof instanceof SessionKey ? Face.CONSOLE : Face.REST;
    }
}

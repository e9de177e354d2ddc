// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who may log in, and how.
 *
 * @param realm the JAAS realm with the users, passwords and roles
 * @param roleClasses the classes of the principals that are roles, with or without their package
 * @param roles the roles of the realm that have a meaning here; a user without any of them may do nothing
 * @param basic whether REST accepts a password with each request
 * @param sessionIdle a session ends after this time without a request or an open event stream
 * @param sessionLifetime a session ends after this time
 */
public record AccessPolicy(
        String realm,
        Set<String> roleClasses,
        Map<String, Role> roles,
        boolean basic,
        Duration sessionIdle,
        Duration sessionLifetime) {
    /** Karaf's realm and roles. Its {@code manager} may change the configuration of the server, so an operator is no more. */
    public static final AccessPolicy DEFAULT = new AccessPolicy(
            "karaf",
            Set.of("RolePrincipal"),
            Map.of(
                    "viewer", Role.VIEWER,
                    "operator", Role.OPERATOR,
                    "manager", Role.OPERATOR,
                    "admin", Role.ADMIN,
                    "peer", Role.PEER),
            true,
            Duration.ofMinutes(30),
            Duration.ofHours(12));

    /**
     * {@return what a user with these roles of the realm may do}
     *
     * @param realmRoles names of roles in the realm
     */
    public Set<Role> roles(Collection<String> realmRoles) {
        return realmRoles.stream().map(roles::get).filter(Objects::nonNull).collect(Collectors.toSet());
    }

    /**
     * {@return the roles of the realm that suffice for a role, those that are no more than it first}
     *
     * @param needed the role that an action needs
     */
    public List<String> sufficientFor(Role needed) {
        Comparator<Map.Entry<String, Role>> order = Comparator.comparing(known -> known.getValue() != needed);
        return roles.entrySet().stream()
                .filter(known -> known.getValue().includes(needed))
                .sorted(order.thenComparing(Map.Entry::getValue)
                        .thenComparing(known -> !known.getKey()
                                .equalsIgnoreCase(known.getValue().name()))
                        .thenComparing(Map.Entry::getKey))
                .map(Map.Entry::getKey)
                .toList();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policies;
import org.understudy.api.Role;
import org.understudy.api.spi.ServerCheck;

/** States which users can log in, and reports a realm in which no user can. */
@Component
public final class RealmUsers implements ServerCheck {
    private static final String REMEDY =
            "Add a user with one of these roles to the realm, in Karaf by a line such as 'ann = PASSWORD,viewer' in"
                    + " etc/users.properties, or map the roles of the realm by security.roles in etc/understudy.yaml"
                    + " (docs/security.md).";

    private final Policies policies;
    private final Function<String, Optional<Set<String>>> realms;

    @Activate
    public RealmUsers(@Reference Policies policies) {
        this(policies, UsersFile::allRoles);
    }

    /** @param realms reads the roles of all users of a realm, as {@link UsersFile#allRoles} */
    RealmUsers(Policies policies, Function<String, Optional<Set<String>>> realms) {
        this.policies = policies;
        this.realms = realms;
    }

    @Override
    public List<Finding> findings() {
        AccessPolicy policy = policies.current().access();
        String realm = "realm " + policy.realm();
        String roles = String.join(", ", policy.sufficientFor(Role.VIEWER));
        boolean nobody = realms.apply(policy.realm())
                .filter(held -> policy.roles(held).stream().noneMatch(role -> role.includes(Role.VIEWER)))
                .isPresent();
        return List.of(
                nobody
                        ? Finding.of(
                                FindingCode.NO_USER,
                                realm,
                                "Realm " + policy.realm() + " has no user with one of the roles " + roles
                                        + ", so no user can log in to console and REST",
                                REMEDY)
                        : Finding.of(
                                FindingCode.HEALTHY,
                                realm,
                                "Users of realm " + policy.realm() + " with one of the roles " + roles
                                        + " can log in to console and REST",
                                ""));
    }
}

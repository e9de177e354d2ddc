// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * What a user may do. The configuration maps the roles of a realm to these; {@link Action} has the role that each action
 * needs.
 */
public enum Role {
    /** Reads everything except passwords. */
    VIEWER,
    /** Also runs what admins have defined: starts, stops and migrates VMs. */
    OPERATOR,
    /** May do everything. */
    ADMIN,
    /** Another Understudy server. It calls hosts of this server and reads nothing else, so that its login opens no console. */
    PEER;

    /**
     * {@return whether a user with this role may do what the other role may do}
     *
     * @param other the role that an action needs
     */
    public boolean includes(Role other) {
        return this == other || this == ADMIN || (this == OPERATOR && other == VIEWER);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.util.Set;

/**
 * A user of a realm.
 *
 * @param roles of the realm
 * @param password a hash that is another one after a change of the password; empty if the user is gone
 */
record Account(Set<String> roles, String password) {
    static final Account NONE = new Account(Set.of(), "");

    /** So that the hashes of one run of the server are of no use elsewhere. */
    private static final String SALT = Secret.random();

    /** @param stored the password as the realm stores it */
    static Account of(Set<String> roles, String stored) {
        return new Account(roles, Secret.hash(SALT + stored));
    }
}

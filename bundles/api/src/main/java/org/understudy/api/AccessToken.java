// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.Optional;

/**
 * A token by which a script uses REST in the name of a user. Its secret is shown once, when it is created.
 *
 * @param id of the token
 * @param name that its creator gave it
 * @param user the creator; the token may never do more than this user
 * @param role what the token may do
 * @param created when it was created
 * @param expires when it ends
 * @param lastUsed the last request with it, to the minute; empty if there was none
 */
public record AccessToken(
        String id, String name, String user, Role role, Instant created, Instant expires, Optional<Instant> lastUsed) {}

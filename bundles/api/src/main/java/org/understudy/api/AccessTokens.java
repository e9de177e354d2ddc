// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The tokens of this server. An OSGi service; safe for use from any thread. The caller checks {@link Action#TOKENS}. */
@ProviderType
public interface AccessTokens {
    /** The longest life of a token. */
    Duration LONGEST = Duration.ofDays(366);

    /**
     * A new token.
     *
     * @param token what is listed from now on
     * @param secret what a script sends in the header {@code Authorization: Bearer SECRET}; this server keeps only its hash
     */
    record Created(AccessToken token, String secret) {}

    /** {@return all tokens that have not expired, the newest first} */
    List<AccessToken> list();

    /**
     * Creates a token.
     *
     * @param user the creator, a user of the realm
     * @param name letters, digits, dot, hyphen and underscore; unique for the user
     * @param role what the token may do; no more than the creator
     * @param life until it expires, {@link #LONGEST} at most
     * @return the token with its secret
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT}; {@link ErrorCode#ROLE_MISSING} if the realm reports that the
     *     user does not have the role; {@link ErrorCode#IO_FAILED} if it cannot be stored
     */
    Created create(String user, String name, Role role, Duration life);

    /**
     * Revokes a token, which ends its requests and event streams within 5 s.
     *
     * @param id of the token
     * @throws UnderstudyException {@link ErrorCode#TOKEN_NOT_FOUND}, {@link ErrorCode#IO_FAILED} if the file cannot be written
     */
    void revoke(String id);
}

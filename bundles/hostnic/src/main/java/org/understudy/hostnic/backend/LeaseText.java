// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.Optional;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;

/** Text form of a lease owner that the host stores with a lease: {@code SERVER:HOST:VM:PRIMARY}; no part contains a colon. */
final class LeaseText {
    private static final int PARTS = 4;

    private LeaseText() {}

    static String of(LeaseOwner owner) {
        return owner.owner() + ":" + owner.vm() + ":" + owner.primary();
    }

    /** Empty for an owner that is not an Understudy server. */
    static Optional<LeaseOwner> parse(String text) {
        String[] parts = text.split(":", -1);
        return parts.length == PARTS
                ? Optional.of(new LeaseOwner(parts[0] + ":" + parts[1], parts[2], parts[3]))
                : Optional.empty();
    }
}

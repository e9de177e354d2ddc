// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.Optional;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;

/** A claim as the one word that the host keeps with a lease: server, host, VM and primary, none of which has a colon. */
final class LeaseText {
    private static final int PARTS = 4;

    private LeaseText() {}

    static String of(LeaseOwner leaseOwner) {
        return leaseOwner.owner() + ":" + leaseOwner.vm() + ":" + leaseOwner.primary();
    }

    /** Empty for the lease of something else than Understudy's server. */
    static Optional<LeaseOwner> parse(String text) {
        String[] parts = text.split(":", -1);
        return parts.length == PARTS
                ? Optional.of(new LeaseOwner(parts[0] + ":" + parts[1], parts[2], parts[3]))
                : Optional.empty();
    }
}

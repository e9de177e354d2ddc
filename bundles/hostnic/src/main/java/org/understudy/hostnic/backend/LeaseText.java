// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.Optional;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;

/**
 * Text form of a lease owner that the host stores with a lease: {@code SERVER:HOST:VM:PRIMARY}. The name of the VM is encoded, so that no
 * part contains a colon or a blank.
 */
final class LeaseText {
    private static final int PARTS = 4;

    private LeaseText() {}

    static String of(LeaseOwner owner) {
        return owner.owner() + ":" + new VmName(owner.vm()).encoded() + ":" + owner.primary();
    }

    /** Empty for an owner that is not an Understudy server. */
    static Optional<LeaseOwner> parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != PARTS) {
            return Optional.empty();
        }
        try {
            String vm = VmName.decoded(parts[2]).value();
            return Optional.of(new LeaseOwner(parts[0] + ":" + parts[1], vm, parts[3]));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }
}

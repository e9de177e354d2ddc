// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.PrimaryPresence;

/**
 * The answer of a host about a primary.
 *
 * @param reason why the presence is unknown; empty if the host answered
 */
record PrimaryAnswer(PrimaryPresence presence, Optional<String> reason) {
    private static final Logger LOG = LoggerFactory.getLogger(PrimaryAnswer.class);

    /** Queries the host; without an answer the presence is unknown, with the reason. */
    static PrimaryAnswer of(Host host, VmName vm, Alias primary) {
        try {
            PrimaryPresence presence = host.primaryPresence(vm, primary);
            return new PrimaryAnswer(
                    presence,
                    presence == PrimaryPresence.UNKNOWN ? Optional.of("QEMU did not answer") : Optional.empty());
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: presence of primary {} of VM {} is unknown", host.name(), primary, vm, e);
            return new PrimaryAnswer(PrimaryPresence.UNKNOWN, Optional.of(e.getMessage()));
        }
    }

    boolean is(PrimaryPresence other) {
        return presence == other;
    }

    @Override
    public String toString() {
        return reason.map(why -> presence + ": " + why).orElse(presence.toString());
    }
}

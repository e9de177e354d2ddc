// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.Optional;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.spi.Hosts;
import org.understudy.hostnic.backend.SriovBackend;

/** Opens access to the NICs of hosts. */
@FunctionalInterface
interface BackendOpener extends AutoCloseable {
    /**
     * May block and throw any exception.
     *
     * @return empty if no access is configured
     */
    Optional<SriovBackend> open(HostPolicy host);

    /** Sets the service of the hosts that supply their NICs themselves. */
    default void setHosts(Hosts available) {}

    /** Has no effect if another service has been set. */
    default void unsetHosts(Hosts gone) {}

    /** Frees what the opened backends share. Does not block. */
    @Override
    default void close() {}
}

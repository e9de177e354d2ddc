// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;

/** The open hosts of the configuration. An OSGi service, also for {@link PeerEndpoint}. */
@ProviderType
public interface Hosts {
    /** {@return the open hosts, in the order of the configuration} */
    List<Host> all();

    /**
     * {@return an open host}
     *
     * @param name its name in the configuration
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_NOT_FOUND}; {@link
     *     org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if it is configured but not open
     */
    Host host(HostName name);

    /**
     * Calls the listener after hosts were opened or closed; {@link #all} has the current ones. The default is for a fixed set
     * of hosts.
     *
     * @param changed called on any thread; must not block
     * @return ends the registration when closed
     */
    default Subscription listen(Runnable changed) {
        return () -> {};
    }

    /**
     * Keeps a host open with its options while work on it lasts: an edit of the configuration that changes the options or
     * removes the host takes effect after the work. The default is for a fixed set of hosts.
     *
     * @param host an open host of {@link #all}
     * @param work names the work, such as {@code migration m-20260101-120000-1}
     * @return ends the work when closed
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if it is no longer
     *     open
     */
    default Subscription hold(Host host, String work) {
        return () -> {};
    }

    /**
     * {@return why new options of a host, or its removal, are not in force until the work on it has ended; empty if none wait}
     * No migration starts meanwhile. The default is for a fixed set of hosts.
     *
     * @param host its name in the configuration
     */
    default Optional<Finding> pendingChange(HostName host) {
        return Optional.empty();
    }

    /**
     * {@return the options in force, which may be older than those of the configuration; empty if the host is not managed
     * here} The default is for a fixed set of hosts.
     *
     * @param host its name in the configuration
     */
    default Optional<HostPolicy> optionsInForce(HostName host) {
        return Optional.empty();
    }
}

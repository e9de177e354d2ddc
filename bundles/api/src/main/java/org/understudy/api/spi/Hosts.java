// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.HostName;
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
}

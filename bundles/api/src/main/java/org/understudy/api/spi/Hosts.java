// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;

/** The hosts of the configuration that are open now. An OSGi service, so that a peer can be served. */
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
     * Reports that hosts were opened or closed; {@link #all} says which. This default is for a set of hosts that never
     * changes.
     *
     * @param changed called on any thread; must hand off at once
     * @return closes the registration
     */
    default Subscription listen(Runnable changed) {
        return () -> {};
    }
}

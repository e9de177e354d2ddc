// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;

/** The hosts of the configuration that are open now. An OSGi service, so that a peer can be served. */
public interface Hosts {
    List<Host> all();

    /** @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_NOT_FOUND} */
    Host host(HostName name);

    /**
     * Reports that hosts were opened or closed; {@link #all} says which. This default is for a set of hosts that never
     * changes.
     *
     * @param changed called on any thread; must hand off at once
     */
    default Subscription listen(Runnable changed) {
        return () -> {};
    }
}

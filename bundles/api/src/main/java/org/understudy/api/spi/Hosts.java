// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import org.understudy.api.HostName;

/** The hosts of the configuration that are open now. An OSGi service, so that a peer can be served. */
public interface Hosts {
    List<Host> all();

    /** @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_NOT_FOUND} */
    Host host(HostName name);
}

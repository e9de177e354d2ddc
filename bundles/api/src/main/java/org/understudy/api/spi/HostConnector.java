// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Policy.HostPolicy;

/** Opens hosts of one kind. An OSGi service, one for each kind. */
@ProviderType
public interface HostConnector {
    /** {@return the word in the configuration, such as {@code qemu}} */
    String kind();

    /**
     * Opens a host; VMs that run there already are adopted.
     *
     * @param host its part of the configuration
     * @return the open host
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#CONFIGURATION_INVALID} if an
     *     option is unknown or wrong, {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if the host can't be used
     */
    Host open(HostPolicy host);
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Policy.HostPolicy;

/** Opens hosts of one kind. One OSGi service for each kind. */
@ProviderType
public interface HostConnector {
    /** {@return the value of {@code connector} in the configuration, such as {@code qemu}} */
    String kind();

    /**
     * Opens a host; VMs that already run there are adopted.
     *
     * @param host its configuration
     * @return the open host
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#CONFIGURATION_INVALID} if an
     *     option is unknown or wrong, {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if the host cannot be used
     */
    Host open(HostPolicy host);

    /**
     * Checks options of a host that is open with others, so that it stays open with those if these are wrong. May start
     * programs and connect to the host; leaves nothing open. The default accepts all options.
     *
     * @param host its new configuration
     * @throws org.understudy.api.UnderstudyException if the host cannot be opened with it; the message names the host, the
     *     key and the value
     */
    default void check(HostPolicy host) {}
}

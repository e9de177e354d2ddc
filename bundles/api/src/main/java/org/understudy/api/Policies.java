// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Provides the configuration and publishes its changes. An OSGi service; safe for use from any thread. */
@ProviderType
public interface Policies {
    /** {@return the last good configuration} */
    Policy current();

    /** {@return why the newest file is not in force; empty if it is} */
    List<Finding> findings();

    /**
     * Delivers every new configuration that is in force.
     *
     * @param listener receives the configuration on the thread that reads the file; must not block
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<Policy> listener);
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Provides the configuration and publishes its changes. An OSGi service; safe for use from any thread. */
@ProviderType
public interface Policies {
    /** {@return the configuration in force; what is wrong in the newest file has its last valid state} */
    Policy current();

    /**
     * {@return why parts of the newest file are not in force; empty if it is in force completely} A finding about one host has
     * the subject {@code host NAME}.
     */
    List<Finding> findings();

    /**
     * Delivers every new configuration that is in force.
     *
     * @param listener receives the configuration on the thread that reads the file; must not block
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<Policy> listener);
}

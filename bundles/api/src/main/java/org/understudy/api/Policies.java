// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Keeps the configuration and tells when it changes. An OSGi service; safe for use from any thread. */
@ProviderType
public interface Policies {
    /** {@return the last good configuration} */
    Policy current();

    /** {@return why the newest file is not in force; empty if it is} */
    List<Finding> findings();

    /**
     * Delivers every new configuration that is in force.
     *
     * @param listener gets the configuration; called on the thread that reads the file, so hand off at once
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<Policy> listener);
}

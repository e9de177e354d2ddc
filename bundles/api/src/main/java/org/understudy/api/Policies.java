// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.function.Consumer;

/** Keeps the configuration and tells when it changes. An OSGi service; safe for use from any thread. */
public interface Policies {
    /** The last good configuration. */
    Policy current();

    /** Why the newest file is not in force; empty if it is. */
    List<Finding> findings();

    /** Delivers every new configuration that is in force. */
    Subscription listen(Consumer<Policy> listener);
}

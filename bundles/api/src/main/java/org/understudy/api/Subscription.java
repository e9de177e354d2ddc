// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import org.osgi.annotation.versioning.ProviderType;

/** Ends the delivery of events when closed. Closing twice is harmless. */
@FunctionalInterface
@ProviderType
public interface Subscription extends AutoCloseable {
    @Override
    void close();
}

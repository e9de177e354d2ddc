// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** Ends the delivery of events when closed. Closing twice is harmless. */
@FunctionalInterface
public interface Subscription extends AutoCloseable {
    @Override
    void close();
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.Optional;
import java.util.function.Function;
import org.understudy.api.Subscription;

/**
 * The service of a dynamic reference, with the subscription to it. Declarative Services sets a new service before it
 * unsets the old one, so {@link #unset} ignores any service but the current one.
 */
public final class ServiceSubscription<S> implements AutoCloseable {
    private final Function<? super S, Subscription> subscribe;
    private Optional<S> service = Optional.empty();
    private Subscription subscription = () -> {};

    public ServiceSubscription(Function<? super S, Subscription> subscribe) {
        this.subscribe = subscribe;
    }

    /** Subscribes to a service and unsubscribes from the previous one. */
    public synchronized void set(S bound) {
        Subscription before = subscription;
        subscription = subscribe.apply(bound);
        service = Optional.of(bound);
        before.close();
    }

    /** Unsubscribes, unless another service has been set. */
    public synchronized void unset(S unbound) {
        if (service.filter(s -> s == unbound).isPresent()) {
            close();
        }
    }

    public synchronized Optional<S> service() {
        return service;
    }

    @Override
    public synchronized void close() {
        subscription.close();
        subscription = () -> {};
        service = Optional.empty();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Pointer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Who receives the events of each registration. libvirt passes a number of the caller's choice to each callback, so that all hosts
 * share the callbacks: JNA needs native memory and reflection for each.
 */
final class EventReceivers<T> {
    private final Map<Long, T> receivers = new ConcurrentHashMap<>();
    private final AtomicLong last = new AtomicLong();

    /** Returns the number that libvirt is to pass to the callback. */
    Pointer add(T receiver) {
        long number = last.incrementAndGet();
        receivers.put(number, receiver);
        return new Pointer(number);
    }

    void remove(Pointer number) {
        receivers.remove(Pointer.nativeValue(number));
    }

    /** Delivers an event, unless its registration has ended. */
    void deliver(Pointer number, Consumer<T> event) {
        T receiver = receivers.get(Pointer.nativeValue(number));
        if (receiver != null) {
            event.accept(receiver);
        }
    }
}

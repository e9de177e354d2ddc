// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;
import org.understudy.libvirt.connect.NativeLibvirt.NetworkLifecycle;

/** Tells that something has become of a host's networks; what, the listeners see for themselves. */
public final class NetworkEvents {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkEvents.class);

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final NetworkLifecycle lifecycle = (connect, network, event, detail, opaque) -> tell();

    NetworkLifecycle lifecycle() {
        return lifecycle;
    }

    /** They are called on the event loop's thread, or on the one that made the connection. */
    public Subscription listen(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    public void tell() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                LOG.warn("A listener failed on a change of the networks", e);
            }
        }
    }
}

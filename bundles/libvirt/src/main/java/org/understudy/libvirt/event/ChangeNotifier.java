// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Pointer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;
import org.understudy.libvirt.connect.NativeLibvirt.LifecycleCallback;
import org.understudy.libvirt.connect.NativeLibvirt.UpdateCallback;

/** Notifies listeners that the networks or the devices of a host changed; the listeners read the new state themselves. */
public final class ChangeNotifier {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeNotifier.class);

    /** libvirt keeps bare pointers to the callbacks, so they are constants. */
    private static final EventReceivers<ChangeNotifier> RECEIVERS = new EventReceivers<>();

    private static final LifecycleCallback LIFECYCLE =
            (connect, object, event, detail, to) -> RECEIVERS.deliver(to, ChangeNotifier::notifyListeners);
    private static final UpdateCallback UPDATE =
            (connect, object, to) -> RECEIVERS.deliver(to, ChangeNotifier::notifyListeners);

    private final String kind;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** @param kind display name of what changes, such as {@code networks} */
    public ChangeNotifier(String kind) {
        this.kind = kind;
    }

    String kind() {
        return kind;
    }

    static LifecycleCallback lifecycle() {
        return LIFECYCLE;
    }

    static UpdateCallback update() {
        return UPDATE;
    }

    /** Returns what libvirt is to pass to the callbacks of a registration. */
    Pointer receive() {
        return RECEIVERS.add(this);
    }

    static void end(Pointer registration) {
        RECEIVERS.remove(registration);
    }

    /** Listeners run on the event loop's thread, or on the thread that opened or lost the connection. */
    public Subscription listen(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    public void notifyListeners() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                LOG.warn("Change of {}: listener failed", kind, e);
            }
        }
    }
}

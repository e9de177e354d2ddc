// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;
import org.understudy.libvirt.connect.NativeLibvirt.Coming;
import org.understudy.libvirt.connect.NativeLibvirt.Updating;

/** Tells that something has become of a host's networks, or of its devices; what, the listeners see for themselves. */
public final class ChangeNotifier {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeNotifier.class);

    private final String things;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Coming coming = (connect, thing, event, detail, opaque) -> notifyListeners();
    private final Updating updating = (connect, thing, opaque) -> notifyListeners();

    /** @param things for people, such as {@code networks} */
    public ChangeNotifier(String things) {
        this.things = things;
    }

    String things() {
        return things;
    }

    Coming coming() {
        return coming;
    }

    Updating updating() {
        return updating;
    }

    /** They are called on the event loop's thread, or on the one that made or lost the connection. */
    public Subscription listen(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    public void notifyListeners() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                LOG.warn("A listener failed on a change of the {}", things, e);
            }
        }
    }
}

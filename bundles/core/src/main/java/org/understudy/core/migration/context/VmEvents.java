// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.understudy.api.spi.HostEvent;

/** The events of one host about one VM, in order. Safe for use from any thread. */
public final class VmEvents {
    private final List<HostEvent> events = new CopyOnWriteArrayList<>();

    public void add(HostEvent event) {
        events.add(event);
    }

    public <T extends HostEvent> Stream<T> of(Class<T> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast);
    }

    public <T extends HostEvent> Optional<T> last(Class<T> kind) {
        return of(kind).reduce((a, b) -> b);
    }

    /** The time of the first event of this kind. */
    public Optional<Instant> firstTime(Class<? extends HostEvent> kind) {
        return of(kind).map(HostEvent::at).findFirst();
    }

    /** The time of the last event of this kind. */
    public Optional<Instant> lastTime(Class<? extends HostEvent> kind) {
        return last(kind).map(HostEvent::at);
    }

    /** The reason with which the host reported the end of the VM's QEMU; empty if it has not. */
    public Optional<String> stopped() {
        return of(HostEvent.Stopped.class).map(HostEvent.Stopped::reason).findFirst();
    }
}

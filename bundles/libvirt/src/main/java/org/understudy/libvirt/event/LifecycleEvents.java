// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

/** Maps libvirt lifecycle events to host events. Source: virDomainEventType and the details of each. */
final class LifecycleEvents {
    private static final int DEFINED = 0;
    private static final int UNDEFINED = 1;
    private static final int STARTED = 2;
    private static final int SUSPENDED = 3;
    private static final int RESUMED = 4;
    private static final int STOPPED = 5;
    /** The same detail number for started, suspended and resumed. */
    private static final int MIGRATED = 1;

    private static final int STOPPED_MIGRATED = 3;

    private static final List<String> STOP_REASONS =
            List.of("guest shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "replaced by a snapshot");

    private LifecycleEvents() {}

    /**
     * Empty for an event without a host event.
     *
     * @param monitored whether QEMU's STOP and RESUME arrive, which have QEMU's timestamps
     * @param outgoing whether this server migrates the VM away and publishes its end itself
     */
    static Optional<HostEvent> map(VmName vm, Instant at, int event, int detail, boolean monitored, boolean outgoing) {
        return switch (event) {
            case DEFINED, UNDEFINED -> Optional.of(new HostEvent.DefinitionChanged(vm, at));
            // A destination that begins to receive reports "started" too, but the VM is not here yet.
            case STARTED -> detail == MIGRATED ? Optional.empty() : Optional.of(new HostEvent.Started(vm, at));
            case SUSPENDED -> monitored ? Optional.empty() : Optional.of(new HostEvent.Paused(vm, at));
            case RESUMED -> monitored ? Optional.empty() : Optional.of(new HostEvent.Resumed(vm, at));
            case STOPPED ->
                outgoing && detail == STOPPED_MIGRATED
                        ? Optional.empty()
                        : Optional.of(new HostEvent.Stopped(
                                vm, at, detail < STOP_REASONS.size() ? STOP_REASONS.get(detail) : "reason " + detail));
            default -> Optional.empty();
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.qemu.qmp.QmpEvent;
import org.understudy.qemu.qmp.QmpEvents;

/** Maps QMP events to host events. */
final class EventMapper {
    private EventMapper() {}

    /** Empty for an event without a counterpart. */
    static Optional<HostEvent> map(VmName vm, QmpEvent event) {
        Instant at = event.at();
        return switch (event.name()) {
            case QmpEvents.STOP -> Optional.of(new HostEvent.Paused(vm, at));
            case QmpEvents.RESUME -> Optional.of(new HostEvent.Resumed(vm, at));
            case QmpEvents.RESET -> Optional.of(new HostEvent.WasReset(vm, at));
            case QmpEvents.FAILOVER_NEGOTIATED ->
                alias(event, "device-id").map(a -> new HostEvent.StandbyNegotiated(vm, at, a));
            case QmpEvents.UNPLUG_PRIMARY ->
                alias(event, "device-id").map(a -> new HostEvent.UnplugRequested(vm, at, a));
            case QmpEvents.DEVICE_DELETED -> device(event).map(a -> new HostEvent.DeviceGone(vm, at, a));
            case QmpEvents.DEVICE_UNPLUG_GUEST_ERROR -> device(event).map(a -> new HostEvent.UnplugRefused(vm, at, a));
            case QmpEvents.MIGRATION ->
                Optional.of(new HostEvent.MigrationChanged(
                        vm, at, phase(event.data().path("status").asText())));
            case QmpEvents.MIGRATION_PASS ->
                Optional.of(new HostEvent.MemoryPass(
                        vm, at, event.data().path("pass").asInt()));
            default -> Optional.empty();
        };
    }

    /** The device of an event; empty for one without an id. */
    static Optional<Alias> device(QmpEvent event) {
        return alias(event, "device");
    }

    private static Optional<Alias> alias(QmpEvent event, String member) {
        try {
            return Optional.of(new Alias(event.data().path(member).asText()));
        } catch (UnderstudyException e) {
            // A device without an id, such as a built-in one.
            return Optional.empty();
        }
    }

    /** Source: QAPI MigrationStatus. */
    private static MigrationPhase phase(String status) {
        String name = status.equals("postcopy-active")
                ? MigrationPhase.POSTCOPY.name()
                : status.toUpperCase(Locale.ROOT).replace('-', '_');
        return Arrays.stream(MigrationPhase.values())
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElse(MigrationPhase.OTHER);
    }
}

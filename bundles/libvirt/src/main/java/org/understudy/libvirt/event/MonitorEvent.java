// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.json.ForeignJson;

/** Maps QEMU monitor events to host events. Source: QEMU's QAPI schema. */
public final class MonitorEvent {
    /** Regular expression of the subscribed events. */
    static final String NAMES = "^(STOP|RESUME|RESET|MIGRATION|FAILOVER_NEGOTIATED|UNPLUG_PRIMARY)$";

    private static final JsonMapper JSON = ForeignJson.MAPPER;

    private MonitorEvent() {}

    /**
     * Empty for an event without a host event.
     *
     * @param names the name of a device by its VM and alias
     */
    static Optional<HostEvent> map(
            VmName vm, Instant at, String event, String details, BiFunction<VmName, String, Alias> names) {
        return switch (event) {
            case "STOP" -> Optional.of(new HostEvent.Paused(vm, at));
            case "RESUME" -> Optional.of(new HostEvent.Resumed(vm, at));
            case "RESET" -> Optional.of(new HostEvent.WasReset(vm, at));
            case "FAILOVER_NEGOTIATED" ->
                Optional.of(new HostEvent.StandbyNegotiated(vm, at, new Alias(text(details, "device-id"))));
            case "UNPLUG_PRIMARY" ->
                Optional.of(new HostEvent.UnplugRequested(vm, at, names.apply(vm, text(details, "device-id"))));
            case "MIGRATION" -> Optional.of(new HostEvent.MigrationChanged(vm, at, phase(text(details, "status"))));
            default -> Optional.empty();
        };
    }

    private static String text(String details, String member) {
        try {
            JsonNode tree = JSON.readTree(details);
            return tree.path(member).asText();
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.QMP_PROTOCOL, "QEMU monitor event is not JSON: " + e.getMessage(), e);
        }
    }

    /** Source: QAPI MigrationStatus. */
    public static MigrationPhase phase(String status) {
        String name = status.equals("postcopy-active")
                ? MigrationPhase.POSTCOPY.name()
                : status.toUpperCase(Locale.ROOT).replace('-', '_');
        return Arrays.stream(MigrationPhase.values())
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElse(MigrationPhase.OTHER);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;

/** Reads replies without a type of their own. A missing member is never an error. */
final class QmpReplies {
    private static final Map<String, MigrationPhase> PHASES = Map.ofEntries(
            Map.entry("", MigrationPhase.NONE),
            Map.entry("none", MigrationPhase.NONE),
            Map.entry("setup", MigrationPhase.SETUP),
            Map.entry("wait-unplug", MigrationPhase.WAIT_UNPLUG),
            Map.entry("active", MigrationPhase.ACTIVE),
            Map.entry("postcopy-active", MigrationPhase.POSTCOPY),
            Map.entry("pre-switchover", MigrationPhase.PRE_SWITCHOVER),
            Map.entry("device", MigrationPhase.DEVICE),
            Map.entry("completed", MigrationPhase.COMPLETED),
            Map.entry("cancelling", MigrationPhase.CANCELLING),
            Map.entry("cancelled", MigrationPhase.CANCELLED),
            Map.entry("failed", MigrationPhase.FAILED));

    private QmpReplies() {}

    /** Source: QAPI MigrationStatus; the empty text means that QEMU has never migrated. */
    static MigrationPhase phase(String status) {
        return PHASES.getOrDefault(status, MigrationPhase.OTHER);
    }

    /** Source: QAPI MigrationInfo. */
    static MigrationProgress progress(JsonNode reply) {
        JsonNode ram = reply.path("ram");
        Optional<Duration> downtime =
                Optional.ofNullable(reply.get("downtime")).map(d -> Duration.ofMillis(d.asLong()));
        return new MigrationProgress(
                phase(reply.path("status").asText()),
                ram.path("total").asLong(),
                ram.path("remaining").asLong(),
                downtime,
                reply.path("error-desc").asText());
    }

    static RunStatus runStatus(JsonNode reply) {
        return new RunStatus(
                reply.path("running").asBoolean(), reply.path("status").asText());
    }

    static Version version(JsonNode reply) {
        JsonNode qemu = reply.path("qemu");
        return new Version(
                qemu.path("major").asInt(),
                qemu.path("minor").asInt(),
                qemu.path("micro").asInt());
    }

    static Map<String, Boolean> capabilities(JsonNode reply) {
        Map<String, Boolean> capabilities = new LinkedHashMap<>();
        reply.forEach(c ->
                capabilities.put(c.path("capability").asText(), c.path("state").asBoolean()));
        return capabilities;
    }

    /** Reads one member of each element. */
    static Function<JsonNode, Set<String>> each(String member) {
        return reply -> {
            Set<String> found = new LinkedHashSet<>();
            reply.forEach(element -> found.add(element.path(member).asText()));
            return found;
        };
    }

    static <T> Function<JsonNode, List<T>> list(Function<JsonNode, T> element) {
        return reply ->
                StreamSupport.stream(reply.spliterator(), false).map(element).toList();
    }
}

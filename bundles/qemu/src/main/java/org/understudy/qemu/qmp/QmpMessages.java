// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.json.ForeignJson;

/** Writes and reads QMP messages. Source: docs/interop/qmp-spec of QEMU. */
final class QmpMessages {
    static final JsonMapper JSON = ForeignJson.MAPPER;

    private QmpMessages() {}

    /** A command message on one line. */
    static byte[] command(long id, String command, Map<String, ?> arguments) {
        ObjectNode message = JSON.createObjectNode().put("execute", command).put("id", id);
        if (!arguments.isEmpty()) {
            message.set("arguments", JSON.valueToTree(arguments));
        }
        return (message + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** The version in a greeting; empty if the message is not a greeting. */
    static Optional<Version> greeting(JsonNode message) {
        JsonNode version = message.path("QMP").path("version");
        return version.path("qemu").isObject() ? Optional.of(QmpReplies.version(version)) : Optional.empty();
    }

    static boolean isEvent(JsonNode message) {
        return message.path("event").isTextual();
    }

    static QmpEvent event(JsonNode message) {
        JsonNode time = message.path("timestamp");
        long seconds = time.path("seconds").asLong(-1);
        // QEMU sends -1 if it could not read its clock.
        Instant at = seconds < 0
                ? Instant.now()
                : Instant.ofEpochSecond(seconds, time.path("microseconds").asLong() * 1000);
        JsonNode data = message.path("data");
        return new QmpEvent(message.path("event").asText(), at, data.isObject() ? data : JSON.createObjectNode());
    }

    static QmpRefusal refusal(String command, String socket, JsonNode error) {
        return new QmpRefusal(
                command,
                socket,
                error.path("class").asText(QmpRefusal.GENERIC_ERROR),
                error.path("desc").asText());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The recorded schemas are complete replies of real QEMUs to {@code query-qmp-schema}. */
class SchemaCheckTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @ParameterizedTest
    @ValueSource(strings = {"4.2.0", "5.2.0", "7.2.22", "10.0.13", "11.1.2"})
    void findsNothingMissingInSupportedQemu(String version) throws IOException {
        assertThat(SchemaCheck.of(recorded(version)).missing()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2.22", "10.0.13", "11.1.2"})
    void findsOptionalPartsInNewQemu(String version) throws IOException {
        SchemaCheck check = SchemaCheck.of(recorded(version));

        assertThat(check.missingOptional()).isEmpty();
        assertThat(check.supports(QmpCommands.xQueryVirtio())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.2.0", "5.2.0"})
    void reportsOptionalPartsMissingInOldQemu(String version) throws IOException {
        SchemaCheck check = SchemaCheck.of(recorded(version));

        assertThat(check.missingOptional())
                .containsExactly(
                        "command x-query-virtio-status", "command x-query-virtio", "event DEVICE_UNPLUG_GUEST_ERROR");
        assertThat(check.supports(QmpCommands.xQueryVirtio())).isFalse();
    }

    @Test
    void reportsMissingCommand() throws IOException {
        assertThat(missingAfter(s -> rename(s, "command", "migrate-continue")))
                .containsExactly("command migrate-continue");
    }

    @Test
    void reportsMissingEvent() throws IOException {
        assertThat(missingAfter(s -> rename(s, "event", "UNPLUG_PRIMARY"))).containsExactly("event UNPLUG_PRIMARY");
    }

    @Test
    void reportsMissingArgument() throws IOException {
        assertThat(missingAfter(s -> renameMember(typeOf(s, "command", "migrate"), "uri")))
                .containsExactly("argument uri of command migrate");
    }

    @Test
    void reportsMissingMemberOfEvent() throws IOException {
        assertThat(missingAfter(s -> renameMember(typeOf(s, "event", "FAILOVER_NEGOTIATED"), "device-id")))
                .containsExactly("member device-id of event FAILOVER_NEGOTIATED");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.2.0", "11.1.2"})
    void reportsMissingEnumerationValueInsideArray(String version) throws IOException {
        JsonNode schema = recorded(version);
        dropValueEverywhere(schema, "pause-before-switchover");

        assertThat(SchemaCheck.of(schema).missing())
                .containsExactly("argument capabilities.capability=pause-before-switchover of command"
                        + " migrate-set-capabilities");
    }

    @Test
    void reportsEverythingMissingInEmptySchema() {
        SchemaCheck check = SchemaCheck.of(JSON.createArrayNode());

        assertThat(check.missing()).contains("command migrate", "event MIGRATION", "command device_add");
        assertThat(check.missing().size() + check.missingOptional().size())
                .isEqualTo(QmpCommands.ALL.size() + QmpEvents.ALL.size());
    }

    private static Iterable<String> missingAfter(Consumer<JsonNode> damage) throws IOException {
        JsonNode schema = recorded("7.2.22");
        damage.accept(schema);
        return SchemaCheck.of(schema).missing();
    }

    private static ObjectNode entity(JsonNode schema, String metaType, String name) {
        for (JsonNode entity : schema) {
            boolean named = entity.path("name").asText().equals(name);
            if (named
                    && (metaType.isEmpty() || entity.path("meta-type").asText().equals(metaType))) {
                return (ObjectNode) entity;
            }
        }
        throw new AssertionError(metaType + " " + name + " is not in the recorded schema");
    }

    private static ObjectNode typeOf(JsonNode schema, String metaType, String name) {
        return entity(
                schema,
                "object",
                entity(schema, metaType, name).path("arg-type").asText());
    }

    private static void rename(JsonNode schema, String metaType, String name) {
        entity(schema, metaType, name).put("name", name + "-gone");
    }

    private static void renameMember(JsonNode type, String name) {
        for (JsonNode member : type.path("members")) {
            if (member.path("name").asText().equals(name)) {
                ((ObjectNode) member).put("name", name + "-gone");
            }
        }
    }

    private static void dropValueEverywhere(JsonNode schema, String value) {
        for (JsonNode entity : schema) {
            if (entity.path("meta-type").asText().equals("enum")) {
                renameMember(entity, value);
                if (entity.has("values")) {
                    ArrayNode kept = JSON.createArrayNode();
                    entity.path("values").forEach(v -> {
                        if (!v.asText().equals(value)) {
                            kept.add(v);
                        }
                    });
                    ((ObjectNode) entity).set("values", kept);
                }
            }
        }
    }

    static JsonNode recorded(String version) throws IOException {
        try (InputStream in = SchemaCheckTest.class.getResourceAsStream("schema-" + version + ".json.gz")) {
            return JSON.readTree(new GZIPInputStream(in));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The QMP schema of a QEMU. Source: QAPI SchemaInfo, docs/devel/qapi-code-gen, "Client JSON Protocol introspection".
 */
final class Schema {
    private final Map<String, JsonNode> entities = new HashMap<>();

    /** @param reply of {@code query-qmp-schema} */
    Schema(JsonNode reply) {
        reply.forEach(e ->
                entities.put(key(e.path("meta-type").asText(), e.path("name").asText()), e));
    }

    /** Commands and events have separate namespaces; every other entity is a type. */
    private static String key(String metaType, String name) {
        return switch (metaType) {
            case "command", "event" -> metaType + " " + name;
            default -> "type " + name;
        };
    }

    /** The type of the arguments of a command. */
    Optional<JsonNode> command(String name) {
        return argumentsOf("command", name);
    }

    /** The type of the data of an event. */
    Optional<JsonNode> event(String name) {
        return argumentsOf("event", name);
    }

    private Optional<JsonNode> argumentsOf(String metaType, String name) {
        return Optional.ofNullable(entities.get(key(metaType, name)))
                .map(e -> type(e.path("arg-type").asText()));
    }

    /**
     * True if the type has the member or value of the path; see {@link CommandSpec#arguments}. A value of a type that
     * is not an enumeration in this schema cannot be checked and counts as supported.
     */
    boolean has(JsonNode type, String path) {
        String[] memberAndValue = path.split("=", 2);
        JsonNode current = type;
        for (String member : memberAndValue[0].split("\\.")) {
            Optional<JsonNode> next = member(elementOf(current), member);
            if (next.isEmpty()) {
                return false;
            }
            current = next.get();
        }
        return memberAndValue.length == 1 || hasValue(elementOf(current), memberAndValue[1]);
    }

    private Optional<JsonNode> member(JsonNode object, String name) {
        for (JsonNode member : object.path("members")) {
            if (member.path("name").asText().equals(name)) {
                return Optional.of(type(member.path("type").asText()));
            }
        }
        return Optional.empty();
    }

    private JsonNode elementOf(JsonNode type) {
        return type.path("meta-type").asText().equals("array")
                ? type(type.path("element-type").asText())
                : type;
    }

    /** QEMU before 6.2 lists the values of an enumeration only as strings, newer versions also as members. */
    private static boolean hasValue(JsonNode type, String value) {
        if (!type.path("meta-type").asText().equals("enum")) {
            return true;
        }
        for (JsonNode member : type.path("members")) {
            if (member.path("name").asText().equals(value)) {
                return true;
            }
        }
        for (JsonNode text : type.path("values")) {
            if (text.asText().equals(value)) {
                return true;
            }
        }
        return false;
    }

    private JsonNode type(String name) {
        return entities.getOrDefault("type " + name, MissingNode.getInstance());
    }
}

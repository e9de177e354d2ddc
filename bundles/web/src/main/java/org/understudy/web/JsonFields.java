// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.json.ForeignJson;

/** The JSON object in the body of a request; an unknown key is an error. */
final class JsonFields {
    private static final JsonMapper MAPPER = ForeignJson.MAPPER;

    private final ObjectNode object;

    private JsonFields(ObjectNode object) {
        this.object = object;
    }

    /** @param known the valid keys; an empty body is an empty object */
    static JsonFields parse(String body, Set<String> known) {
        try {
            JsonNode node = body.isBlank() ? MAPPER.createObjectNode() : MAPPER.readTree(body);
            if (!(node instanceof ObjectNode object)) {
                throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "The body is not a JSON object");
            }
            object.fieldNames().forEachRemaining(name -> requireKnown(name, known));
            return new JsonFields(object);
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "The body is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static void requireKnown(String name, Set<String> known) {
        if (!known.contains(name)) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "'" + name + "' is not one of " + new TreeSet<>(known));
        }
    }

    Optional<String> text(String name) {
        return value(name, JsonNode::isTextual, "a string").map(JsonNode::asText);
    }

    String requiredText(String name) {
        return text(name)
                .orElseThrow(() -> new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "'" + name + "' is missing"));
    }

    Optional<Long> number(String name) {
        return value(
                        name,
                        node -> node.isIntegralNumber() && node.canConvertToLong() && node.asLong() > 0,
                        "a positive integer")
                .map(JsonNode::asLong);
    }

    Optional<Boolean> flag(String name) {
        return value(name, JsonNode::isBoolean, "true or false").map(JsonNode::asBoolean);
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        value(name, JsonNode::isArray, "a list of strings")
                .ifPresent(list -> list.forEach(item -> {
                    if (!item.isTextual()) {
                        throw invalid(name, "a list of strings");
                    }
                    texts.add(item.asText());
                }));
        return texts;
    }

    /** @param known the valid keys of each object */
    List<JsonFields> objects(String name, Set<String> known) {
        List<JsonFields> objects = new ArrayList<>();
        value(name, JsonNode::isArray, "a list of objects")
                .ifPresent(list -> list.forEach(item -> objects.add(parse(item.toString(), known))));
        return objects;
    }

    private Optional<JsonNode> value(String name, Predicate<JsonNode> fits, String form) {
        JsonNode node = object.path(name);
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        if (!fits.test(node)) {
            throw invalid(name, form);
        }
        return Optional.of(node);
    }

    private static UnderstudyException invalid(String name, String form) {
        return new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "'" + name + "' must be " + form);
    }
}

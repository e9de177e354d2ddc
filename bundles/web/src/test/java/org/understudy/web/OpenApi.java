// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The description of the REST interface, and what contradicts it in a call. Unlike for a client, an unknown key is a contradiction. */
final class OpenApi {
    private static final Set<String> METHODS = Set.of("get", "post", "put", "delete");

    final JsonNode document;
    private final SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    OpenApi() throws IOException {
        try (InputStream in = OpenApi.class.getResourceAsStream("/openapi.json")) {
            document = WebServer.JSON.readTree(in);
        }
        close(document.at("/components/schemas"));
    }

    private static void close(JsonNode node) {
        if (node instanceof ObjectNode object
                && object.path("properties").isObject()
                && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        node.forEach(OpenApi::close);
    }

    /** A call of the description. */
    record Operation(String method, String path, JsonNode description) {
        String id() {
            return description.get("operationId").asText();
        }
    }

    List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
            for (Map.Entry<String, JsonNode> member : path.getValue().properties()) {
                if (METHODS.contains(member.getKey())) {
                    operations.add(new Operation(member.getKey().toUpperCase(), path.getKey(), member.getValue()));
                }
            }
        }
        return operations;
    }

    /** @param path below the root of the interface, without a query */
    Optional<Operation> operation(String method, String path) {
        return operations().stream()
                .filter(operation -> operation.method().equals(method))
                .filter(operation -> Route.get(operation.path(), null, null)
                        .match(Route.parts(path))
                        .isPresent())
                // A literal path has precedence.
                .min((one, two) ->
                        Boolean.compare(one.path().contains("{"), two.path().contains("{")));
    }

    /** The names of the query parameters of a call. */
    Set<String> queryParameters(Operation operation) {
        Set<String> names = new TreeSet<>();
        for (JsonNode reference : operation.description().path("parameters")) {
            JsonNode parameter = resolve(reference);
            if (parameter.get("in").asText().equals("query")) {
                names.add(parameter.get("name").asText());
            }
        }
        return names;
    }

    /** What contradicts the description in a request. */
    List<String> contradictions(Operation operation, String query, Map<String, String> headers, String body)
            throws IOException {
        List<String> wrong = new ArrayList<>();
        Set<String> given = new TreeSet<>();
        Stream.of(query.split("&"))
                .filter(parameter -> !parameter.isEmpty())
                .forEach(parameter -> given.add("query " + parameter.split("=")[0]));
        headers.keySet().forEach(header -> given.add("header " + header));
        for (JsonNode reference : operation.description().path("parameters")) {
            JsonNode parameter = resolve(reference);
            String name =
                    parameter.get("in").asText() + " " + parameter.get("name").asText();
            boolean found = given.remove(name);
            if (parameter.path("required").asBoolean() && !found && !name.startsWith("path ")) {
                wrong.add("missing " + name);
            }
        }
        given.remove("header Content-Type");
        given.forEach(name -> wrong.add("unknown " + name));
        JsonNode content = operation.description().at("/requestBody/content");
        if (content.has("application/json") && !body.isEmpty()) {
            wrong.addAll(errors(content.at("/application~1json/schema"), WebServer.JSON.readTree(body)));
        } else if (content.isMissingNode() && !body.isEmpty()) {
            wrong.add("unknown body");
        }
        return wrong;
    }

    /** What contradicts the description in a response. */
    List<String> contradictions(Operation operation, HttpResponse<String> response) throws IOException {
        JsonNode responses = operation.description().get("responses");
        String status = String.valueOf(response.statusCode());
        JsonNode described =
                resolve(responses.has(status) ? responses.get(status) : responses.path(status.charAt(0) + "XX"));
        if (described.isMissingNode()) {
            return List.of("status " + status);
        }
        List<String> wrong = new ArrayList<>();
        for (Iterator<String> headers = described.path("headers").fieldNames(); headers.hasNext(); ) {
            String header = headers.next();
            if (!header.equals("Link") && response.headers().firstValue(header).isEmpty()) {
                wrong.add("missing header " + header);
            }
        }
        String type = response.headers().firstValue("Content-Type").orElse("").split(";")[0];
        JsonNode content = described.path("content").path(type);
        if (content.isMissingNode()) {
            wrong.add("content type " + type);
        } else if (type.endsWith("json")) {
            wrong.addAll(errors(content.get("schema"), WebServer.json(response)));
        }
        return wrong;
    }

    /** What contradicts a schema of the description. */
    List<String> errors(String schema, JsonNode value) {
        return errors(WebServer.JSON.createObjectNode().put("$ref", "#/components/schemas/" + schema), value);
    }

    private List<String> errors(JsonNode schema, JsonNode value) {
        ObjectNode whole = schema.deepCopy();
        whole.set("components", document.get("components"));
        return schemas.getSchema(whole).validate(value).stream()
                .map(error -> error.getInstanceLocation() + " " + error.getMessage())
                .toList();
    }

    private JsonNode resolve(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asText().substring(1)) : node;
    }
}

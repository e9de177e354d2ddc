// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.Action;

/**
 * One call of the REST interface.
 *
 * @param method the HTTP method; GET includes HEAD
 * @param pattern of the path below the servlet, such as {@code /{vm}/pairs/{nic}}; a last variable with an asterisk takes the
 *     rest of the path
 * @param action what the user must be allowed to do
 * @param type the content type of a response without an error
 * @param parameters the query parameters of a call that changes something
 * @param handler answers the call
 */
record Route(String method, String pattern, Action action, String type, Set<String> parameters, Handler handler) {
    @FunctionalInterface
    interface Handler {
        RestResponse answer(RestRequest request);
    }

    static Route get(String pattern, Action action, Handler handler) {
        return new Route("GET", pattern, action, RestResponse.JSON, Set.of(), handler);
    }

    static Route post(String pattern, Action action, Handler handler) {
        return new Route("POST", pattern, action, RestResponse.JSON, Set.of(), handler);
    }

    static Route put(String pattern, Action action, Handler handler) {
        return new Route("PUT", pattern, action, RestResponse.JSON, Set.of(), handler);
    }

    static Route delete(String pattern, Action action, Handler handler) {
        return new Route("DELETE", pattern, action, RestResponse.JSON, Set.of(), handler);
    }

    Route writing(String mediaType) {
        return new Route(method, pattern, action, mediaType, parameters, handler);
    }

    /** The same call with these query parameters. */
    Route taking(String... names) {
        return new Route(method, pattern, action, type, Set.of(names), handler);
    }

    /** All query parameters of a call that changes something: one that does not know {@code dry-run} must not be made. */
    Set<String> known() {
        Stream<String> ofVm = pattern.startsWith("/{vm}") ? Stream.of("host") : Stream.empty();
        return Stream.concat(ofVm, parameters.stream()).collect(Collectors.toUnmodifiableSet());
    }

    boolean isFor(String requested) {
        return method.equals(requested.equals("HEAD") ? "GET" : requested);
    }

    /** The variables of the pattern in their order; empty if the path has another form. */
    Optional<Map<String, String>> match(List<String> path) {
        Map<String, String> variables = new LinkedHashMap<>();
        List<String> names = parts(pattern);
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (i >= path.size()) {
                return Optional.empty();
            } else if (name.endsWith("*}")) {
                variables.put(name.substring(1, name.length() - 2), String.join("/", path.subList(i, path.size())));
                return Optional.of(variables);
            } else if (name.startsWith("{")) {
                variables.put(name.substring(1, name.length() - 1), path.get(i));
            } else if (!name.equals(path.get(i))) {
                return Optional.empty();
            }
        }
        return names.size() == path.size() ? Optional.of(variables) : Optional.empty();
    }

    /** The parts of a path between its slashes. */
    static List<String> parts(String path) {
        return Arrays.stream(path.split("/")).filter(part -> !part.isEmpty()).toList();
    }
}

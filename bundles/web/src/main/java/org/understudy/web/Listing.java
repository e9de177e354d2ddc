// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/**
 * A list for clients: filtered, sorted, and cut into pages and fields, as the query of a request asks. Without a query it is the
 * whole list in its own order.
 *
 * @param <T> the type of the elements
 */
final class Listing<T> {
    /** Limit of the elements of one page. */
    static final int MAX_PAGE = 1000;

    private static final Set<String> CONTROLS = Set.of("limit", "cursor", "sort", "fields");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final JsonView view;
    private final Function<T, String> key;
    private final Map<String, BiPredicate<T, String>> filters = new LinkedHashMap<>();
    private final Map<String, Function<T, String>> sorts = new LinkedHashMap<>();

    /** @param key identifies an element among all others */
    Listing(JsonView view, Function<T, String> key) {
        this.view = view;
        this.key = key;
    }

    /** Adds a filter: an element is listed if one of the values of the parameter matches. */
    Listing<T> filter(String parameter, BiPredicate<T, String> matches) {
        filters.put(parameter, matches);
        return this;
    }

    /** Whether a text contains another one, without regard to case. */
    static boolean contains(String value, String text) {
        return value.toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
    }

    /** Adds a sort key; the first one is the default, and {@code -} in front of it means descending order. */
    Listing<T> sort(String name, Function<T, String> value) {
        sorts.put(name, value);
        return this;
    }

    /** Answers with an array of the elements. */
    RestResponse answer(RestRequest request, List<T> all) {
        return answer(request, all, page -> page, "");
    }

    /**
     * Answers with an object that contains the elements.
     *
     * @param whole the object with these elements
     * @param member the name of the elements in the object
     */
    RestResponse answer(RestRequest request, List<T> all, Function<List<T>, Object> whole, String member) {
        Set<String> known = new TreeSet<>(CONTROLS);
        known.addAll(filters.keySet());
        requireKnown(request, known);
        List<T> matching = filters.entrySet().stream()
                .reduce(all, (list, filter) -> filtered(list, request, filter), (one, two) -> two);
        boolean paged = CONTROLS.stream()
                .anyMatch(c -> !c.equals("fields") && request.query(c).isPresent());
        Page<T> page = paged ? page(request, matching) : new Page<>(matching, "");
        String json = view.write(whole.apply(page.elements()));
        Set<String> fields = request.queries("fields")
                .flatMap(names -> Arrays.stream(names.split(",")))
                .collect(Collectors.toSet());
        RestResponse response = RestResponse.ok(fields.isEmpty() ? json : withFields(json, member, fields))
                .with("Total-Count", String.valueOf(matching.size()));
        return page.next().isEmpty() ? response : linked(response, request, page.next());
    }

    /** The response with the address of the next page. */
    static RestResponse linked(RestResponse response, RestRequest request, String cursor) {
        return response.with("Link", "<?" + next(request, cursor) + ">; rel=\"next\"");
    }

    static void requireKnown(RestRequest request, Set<String> known) {
        request.parameters()
                .map(RestRequest.Parameter::name)
                .filter(name -> !known.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new UnderstudyException(
                            ErrorCode.INVALID_ARGUMENT,
                            "Query parameter '" + name + "' is "
                                    + (known.isEmpty()
                                            ? "unknown: the call has none"
                                            : "not one of " + new TreeSet<>(known)));
                });
    }

    private List<T> filtered(List<T> list, RestRequest request, Map.Entry<String, BiPredicate<T, String>> filter) {
        List<String> values = request.queries(filter.getKey()).toList();
        return values.isEmpty()
                ? list
                : list.stream()
                        .filter(element -> values.stream()
                                .anyMatch(value -> filter.getValue().test(element, value)))
                        .toList();
    }

    /** @param next the cursor of the next page; empty for the last one */
    private record Page<T>(List<T> elements, String next) {}

    private Page<T> page(RestRequest request, List<T> matching) {
        String sort = request.query("sort").orElse(sorts.keySet().iterator().next());
        Function<T, PageCursor> position = position(sort);
        Comparator<PageCursor> order = sort.startsWith("-") ? Comparator.reverseOrder() : Comparator.naturalOrder();
        Optional<PageCursor> after = request.query("cursor").map(text -> PageCursor.parse(sort, text));
        int limit = request.query("limit").map(Listing::limit).orElse(Integer.MAX_VALUE);
        record Placed<T>(PageCursor at, T element) {}
        List<Placed<T>> following = matching.stream()
                .map(element -> new Placed<>(position.apply(element), element))
                .filter(placed ->
                        after.map(last -> order.compare(placed.at(), last) > 0).orElse(true))
                .sorted(Comparator.comparing(Placed::at, order))
                .toList();
        List<Placed<T>> shown = following.subList(0, Math.min(limit, following.size()));
        String next = shown.size() == following.size()
                ? ""
                : shown.get(shown.size() - 1).at().text(sort);
        return new Page<>(shown.stream().map(Placed::element).toList(), next);
    }

    private Function<T, PageCursor> position(String sort) {
        Map<String, Function<T, String>> known =
                sorts.entrySet().stream().collect(Collectors.toMap(e -> plain(e.getKey()), Map.Entry::getValue));
        Function<T, String> value = known.get(plain(sort));
        if (value == null) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "'" + sort + "' is not one of " + new TreeSet<>(known.keySet()));
        }
        return element -> new PageCursor(value.apply(element), key.apply(element));
    }

    private static String plain(String sort) {
        return sort.startsWith("-") ? sort.substring(1) : sort;
    }

    static int limit(String text) {
        if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > MAX_PAGE) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'limit' must be a number from 1 to " + MAX_PAGE + ", not '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    /** The query of the request with another cursor, as the request has escaped it. */
    private static String next(RestRequest request, String cursor) {
        Stream<String> others = Optional.ofNullable(request.request().getQueryString()).stream()
                .flatMap(query -> Arrays.stream(query.split("&")))
                .filter(parameter -> !parameter.isEmpty() && !parameter.startsWith("cursor="))
                .filter(parameter -> parameter.chars().noneMatch(c -> c <= ' ' || c == '<' || c == '>' || c == '"'));
        return Stream.concat(others, Stream.of("cursor=" + cursor)).collect(Collectors.joining("&"));
    }

    private static String withFields(String json, String member, Set<String> fields) {
        try {
            JsonNode whole = MAPPER.readTree(json);
            (member.isEmpty() ? whole : whole.path(member)).forEach(element -> ((ObjectNode) element).retain(fields));
            return whole.toString();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A list is not JSON", e);
        }
    }
}

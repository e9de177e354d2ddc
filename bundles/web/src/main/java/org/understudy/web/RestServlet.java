// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/**
 * A part of the REST interface. Its routes are the only table of its calls: unknown paths, other methods, {@code OPTIONS} and
 * the roles of users are answered from it.
 */
abstract class RestServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(RestServlet.class);

    /** The address of the interface. */
    static final String ROOT = "/understudy/api/v1";

    private static final String CSRF_HEADER = "X-Requested-With";

    /** Limit of the characters of address and headers; the HTTP server refuses longer ones in a form of its own. */
    static final int LARGEST_HEAD = 16 << 10;

    private final transient JsonView view;
    private final transient IdempotencyKeys keys = new IdempotencyKeys();
    private transient volatile List<Route> table = List.of();

    RestServlet(JsonView view) {
        this.view = view;
    }

    /** The calls; of several that fit, the first one counts. */
    abstract List<Route> routes();

    private List<Route> matching(String path) {
        if (table.isEmpty()) {
            table = routes();
        }
        List<String> parts = Route.parts(path);
        return table.stream().filter(route -> route.match(parts).isPresent()).toList();
    }

    /** {@return the action of a call; empty if there is no route for it} */
    final Optional<Action> action(String method, String path) {
        return matching(path).stream()
                .filter(route -> route.isFor(method))
                .map(Route::action)
                .findFirst();
    }

    /** Whether a response may stay in memory, to be repeated; not if it has a secret. */
    boolean isRepeatable() {
        return true;
    }

    @Override
    protected final void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // The server leaves out the body of a response to HEAD.
        orProblem(request, () -> answer(request)).sendTo(request, response);
    }

    private RestResponse orProblem(HttpServletRequest request, Supplier<RestResponse> answer) {
        try {
            return answer.get();
        } catch (UnderstudyException e) {
            AuditTrail.failed(request, e.code(), e.getMessage());
            return ProblemDetails.of(view, e);
        } catch (RuntimeException e) {
            LOG.error("{} {} failed", request.getMethod(), request.getRequestURI(), e);
            AuditTrail.failed(request, ErrorCode.INTERNAL, String.valueOf(e));
            return ProblemDetails.of(view, ErrorCode.INTERNAL, String.valueOf(e), List.of());
        }
    }

    private RestResponse answer(HttpServletRequest request) {
        requireSmallHead(request);
        String path = Optional.ofNullable(request.getPathInfo()).orElse("");
        List<Route> matching = matching(path);
        if (matching.isEmpty()) {
            throw new UnderstudyException(
                    ErrorCode.RESOURCE_NOT_FOUND, "No resource has the path " + request.getRequestURI());
        }
        return matching.stream()
                .filter(route -> route.isFor(request.getMethod()))
                .findFirst()
                .map(route -> answer(
                        route,
                        new RestRequest(request, route.match(Route.parts(path)).orElseThrow())))
                .orElseGet(() -> withoutRoute(request.getMethod(), matching));
    }

    private static void requireSmallHead(HttpServletRequest request) {
        long length = Stream.of(request.getRequestURI(), request.getQueryString())
                .filter(Objects::nonNull)
                .mapToLong(String::length)
                .sum();
        for (String name : Collections.list(request.getHeaderNames())) {
            for (String value : Collections.list(request.getHeaders(name))) {
                length += name.length() + value.length();
            }
        }
        if (length > LARGEST_HEAD) {
            throw new UnderstudyException(
                    ErrorCode.HEAD_TOO_LARGE,
                    "Address and headers have " + length + " characters; the limit is " + LARGEST_HEAD);
        }
    }

    private RestResponse withoutRoute(String method, List<Route> matching) {
        TreeSet<String> allowed = new TreeSet<>(List.of("OPTIONS"));
        matching.forEach(route -> allowed.add(route.method()));
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        String detail = "Method " + method + " is not one of " + allowed;
        RestResponse response = method.equals("OPTIONS")
                ? RestResponse.empty(HttpServletResponse.SC_NO_CONTENT)
                : ProblemDetails.of(view, ErrorCode.METHOD_NOT_ALLOWED, detail, List.of());
        return response.with("Allow", String.join(", ", allowed));
    }

    private RestResponse answer(Route route, RestRequest request) {
        boolean reads = route.method().equals("GET");
        if (!reads && request.header(CSRF_HEADER).isEmpty()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    route.method() + " requires the header " + CSRF_HEADER
                            + " with any value, as protection against request forgery");
        }
        if (!reads) {
            Listing.requireKnown(request, route.known());
        }
        if (!request.header("Accept")
                .map(ranges -> HeaderRanges.accept(ranges, route.type()))
                .orElse(true)) {
            throw new UnderstudyException(ErrorCode.NOT_ACCEPTABLE, "The resource has the form " + route.type());
        }
        Supplier<RestResponse> answer =
                () -> orProblem(request.request(), () -> route.handler().answer(request));
        return route.method().equals("POST") && isRepeatable()
                ? request.header(IdempotencyKeys.HEADER)
                        .map(key -> keys.once(request.user(), key, request.digest(), answer))
                        .orElseGet(answer)
                : answer.get();
    }
}

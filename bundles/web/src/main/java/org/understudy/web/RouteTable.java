// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.understudy.api.Action;

/** The action of each request. Only {@link Action} has the role that it needs. */
final class RouteTable {
    private static final String API = "api/v1/";

    /** The calls of a peer that change nothing; any other one may. */
    private static final String PEER_READS = "(facts|examine|vms|find|definition|liveDefinition|check|primaryPresence"
            + "|standbyNegotiated|guestNics|whyWithout|events|(incoming|outgoing)/[^/]+/(uri|phase|progress|failure))";

    private record Route(Pattern call, Action action) {}

    /** The first that fits counts. */
    private static final List<Route> ROUTES = List.of(
            route("GET vms/[^/]+/definition", Action.READ_DEFINITION),
            route("GET audit(/.*)?", Action.READ_AUDIT),
            route("[A-Z]+ tokens(/.*)?", Action.TOKENS),
            route("DELETE session", Action.VIEW),
            route("POST login", Action.VIEW),
            route("(GET|OPTIONS) .*", Action.VIEW),
            route("POST lint", Action.VIEW),
            route("POST (vms/[^/]+/)?preflight", Action.VIEW),
            route("POST vms/[^/]+/guest-check", Action.CHECK_GUEST),
            route("POST vms/[^/]+/(start|shutdown|destroy|reset|pause|resume)", Action.POWER),
            route("(POST|PUT|PATCH|DELETE) vms/[^/]+/pairs?(/.*)?", Action.PAIR),
            route("POST vms/[^/]+/migrations", Action.MIGRATE),
            route("POST (bulk-)?migrations", Action.MIGRATE),
            route("DELETE (bulk-)?migrations/.*", Action.CANCEL),
            route("POST migrations/[^/]+/cancel", Action.CANCEL),
            route("POST provision/[^/]+", Action.PROVISION),
            route("POST peer/[^/]+/" + PEER_READS, Action.PEER_READ),
            route("POST peer/.*", Action.PEER_CHANGE),
            route("DELETE vms/[^/]+", Action.UNDEFINE));

    private RouteTable() {}

    private static Route route(String call, Action action) {
        return new Route(Pattern.compile(call, Pattern.DOTALL), action);
    }

    /**
     * The action of a request below the context. A page is viewed; a call that is not listed needs an admin.
     *
     * @param path decoded; empty parts do not count, as in {@link RestServlet}
     */
    static Action action(String method, Optional<String> path) {
        String parts = Arrays.stream(path.orElse("").split("/"))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("/"));
        String call = (method.equals("HEAD") ? "GET" : method) + " "
                + (parts.startsWith(API) ? parts.substring(API.length()) : parts);
        return ROUTES.stream()
                .filter(route -> route.call().matcher(call).matches())
                .map(Route::action)
                .findFirst()
                .orElse(Action.DEFINE);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.spi.PeerEndpoint;

/** {@code /peer/HOST/CALL}: requests of another server to the hosts of this server. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/peer")
public final class PeerServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    /** The calls that change nothing; any other one may. */
    private static final List<String> READS = List.of(
            "facts",
            "examine",
            "vms",
            "find",
            "definition",
            "liveDefinition",
            "check",
            "primaryPresence",
            "standbyNegotiated",
            "guestNics",
            "whyWithout",
            "events");

    /** Those of one end of a migration. */
    private static final List<String> END_READS = List.of("uri", "phase", "progress", "failure");

    /** The query parameter of the calls that belong to a migration. */
    private static final String MIGRATION = "migration";

    private final transient PeerEndpoint endpoint;

    @Activate
    public PeerServlet(@Reference JsonView view, @Reference PeerEndpoint endpoint) {
        super(view);
        this.endpoint = endpoint;
    }

    /** Sets the header for errors too, because it names the protocol version of this server. */
    @Override
    public void service(ServletRequest request, ServletResponse response) throws ServletException, IOException {
        ((HttpServletResponse) response).setHeader(PeerEndpoint.PROTOCOL_HEADER, endpoint.protocol());
        super.service(request, response);
    }

    @Override
    List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        for (String call : READS) {
            routes.add(Route.post("/{host}/" + call, Action.PEER_READ, request -> call(request, call)));
        }
        for (String end : List.of("incoming", "outgoing")) {
            for (String call : END_READS) {
                routes.add(Route.post(
                        "/{host}/" + end + "/{vm}/" + call,
                        Action.PEER_READ,
                        request -> call(request, end + "/" + request.part("vm") + "/" + call)));
            }
        }
        routes.add(Route.post("/{host}/{call*}", Action.PEER_CHANGE, request -> call(request, request.part("call"))));
        return routes.stream().map(route -> route.taking(MIGRATION)).toList();
    }

    private RestResponse call(RestRequest request, String call) {
        String query = Optional.ofNullable(request.request().getQueryString())
                .map(text -> "?" + text)
                .orElse("");
        return RestResponse.ok(endpoint.call(
                request.header(PeerEndpoint.PROTOCOL_HEADER),
                new HostName(request.part("host")),
                call + query,
                request.body()));
    }
}

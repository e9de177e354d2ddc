// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmOnHost;
import org.understudy.web.access.Caller;
import org.understudy.web.access.StreamWatch;

/** {@code /events}: server-sent events. An open stream occupies no thread of the HTTP server. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/events")
public final class EventServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    static final String TYPE = "text/event-stream";

    /** Limit of the open streams of all users. */
    static final int MAX_STREAMS = 1000;
    /** Limit of the open streams of one user, so that no user takes the streams of the others. */
    static final int MAX_STREAMS_OF_USER = 500;

    private final transient EventHub hub;
    private final transient StreamWatch watch;

    @Activate
    public EventServlet(@Reference JsonView view, @Reference EventHub hub, @Reference StreamWatch watch) {
        super(view);
        this.hub = hub;
        this.watch = watch;
    }

    @Override
    List<Route> routes() {
        return List.of(Route.get("", Action.VIEW, this::stream).writing(TYPE));
    }

    private RestResponse stream(RestRequest request) {
        EventFilter filter = filter(request);
        Optional<String> since = request.header("Last-Event-ID").or(() -> request.query("since"));
        requireFree(request.user());
        return RestResponse.streaming(
                TYPE, (servlet, response) -> begin(hub.open(request.user(), filter, since), servlet, response));
    }

    private EventFilter filter(RestRequest request) {
        Optional<Vm> vm = request.query("vm").map(address -> hub.find(VmOnHost.parse(address)));
        Set<EventKind> otherwise = vm.isPresent() ? EventKind.OF_VM : EnumSet.allOf(EventKind.class);
        Set<EventKind> named = EnumSet.noneOf(EventKind.class);
        request.queries("kind").map(EventKind::parse).forEach(named::addAll);
        return new EventFilter(named.isEmpty() ? otherwise : named, vm);
    }

    private void requireFree(String user) {
        long own = hub.size(user);
        if (own >= MAX_STREAMS_OF_USER) {
            throw new UnderstudyException(
                    ErrorCode.TOO_MANY_STREAMS,
                    "User '%s' has %d open event streams; the limit for one user is %d"
                            .formatted(user, own, MAX_STREAMS_OF_USER));
        }
        if (hub.size() >= MAX_STREAMS) {
            throw new UnderstudyException(
                    ErrorCode.TOO_MANY_STREAMS,
                    "The server has %d open event streams, %d of them of user '%s'; the limit for all users is %d"
                            .formatted(hub.size(), own, user, MAX_STREAMS));
        }
    }

    private void begin(EventStream stream, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        Subscription watched = watch.watch(Caller.of(request), stream::close);
        Runnable ended = () -> {
            watched.close();
            hub.close(stream);
        };
        try {
            new EventWriter(request.startAsync(), response.getOutputStream(), stream, ended).start();
        } catch (IOException | RuntimeException e) {
            ended.run();
            throw e;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Subscription;
import org.understudy.web.EventStream.Event;
import org.understudy.web.access.Caller;
import org.understudy.web.access.StreamWatch;

/** {@code /events}: server-sent events. Each open stream occupies one thread of the HTTP server. */
@Component(service = HttpServlet.class, property = DispatcherServlet.PATH + "=/api/v1/events")
public final class EventServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    /** The HTTP server has 200 threads; REST requests need most of them. */
    private static final int MAX_STREAMS = 50;

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

    private final transient EventHub hub;
    private final transient StreamWatch watch;

    @Activate
    public EventServlet(@Reference EventHub hub, @Reference StreamWatch watch) {
        this.hub = hub;
        this.watch = watch;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (hub.size() >= MAX_STREAMS) {
            response.sendError(
                    HttpServletResponse.SC_SERVICE_UNAVAILABLE,
                    "Too many open event streams; the limit is " + MAX_STREAMS);
            return;
        }
        response.setContentType("text/event-stream");
        response.setCharacterEncoding("UTF-8");
        EventStream stream = hub.open();
        Subscription watched = watch.watch(Caller.of(request), stream::close);
        try {
            send(stream, response.getWriter());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            watched.close();
            hub.close(stream);
        }
    }

    /** Without the stream, which has no end. */
    @Override
    protected void doHead(HttpServletRequest request, HttpServletResponse response) {
        response.setContentType("text/event-stream");
    }

    private static void send(EventStream stream, PrintWriter out) throws InterruptedException {
        out.print("retry: 1000\n\n");
        // A disconnected client is detected by a failed write.
        while (!out.checkError() && !stream.isClosed()) {
            Optional<Event> event = stream.next(KEEP_ALIVE);
            out.print(event.map(e -> "event: " + e.type() + "\ndata: " + e.json() + "\n\n")
                    .orElse(": keep-alive\n\n"));
        }
    }
}

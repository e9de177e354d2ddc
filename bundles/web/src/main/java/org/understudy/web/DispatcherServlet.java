// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.servlet.Servlet;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletRequestWrapper;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletName;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/**
 * The one servlet that the HTTP server knows; it hands each request to the part with the longest path. Jetty remembers
 * which servlet a path leads to, and can do so with one that was replaced just then: with a servlet for each path, a request
 * while they were being registered could leave its path at the wrong one for good.
 */
@Component(service = Servlet.class)
@HttpWhiteboardServletName("understudy")
@HttpWhiteboardServletPattern("/*")
@HttpWhiteboardContextSelect(ConsoleContext.SELECT)
public final class DispatcherServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    /** Of a part: what its requests' paths begin with; empty for those of no other part. */
    static final String PATH = "understudy.path";

    private static final String CALLS = "/api/";

    private final transient Map<String, HttpServlet> parts = new ConcurrentHashMap<>();

    @Activate
    public DispatcherServlet() {}

    @Reference(
            target = "(" + PATH + "=*)",
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC)
    void addPart(HttpServlet part, Map<String, ?> properties) {
        parts.put(path(properties), part);
    }

    void removePart(HttpServlet part, Map<String, ?> properties) {
        parts.remove(path(properties), part);
    }

    private static String path(Map<String, ?> properties) {
        return String.valueOf(properties.get(PATH));
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        String path = Optional.ofNullable(request.getPathInfo()).orElse("");
        Optional<String> longest = parts.keySet().stream()
                .filter(start -> path.equals(start) || path.startsWith(start + "/"))
                .filter(start -> !start.isEmpty() || !path.startsWith(CALLS))
                .max(Comparator.comparingInt(String::length));
        Optional<HttpServlet> part = longest.map(parts::get);
        if (part.isPresent()) {
            part.get().service(new Below(request, longest.get(), path), response);
        } else {
            response.setHeader("Retry-After", "1");
            response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "Understudy is starting or stopping");
        }
    }

    /** A request as the part of a path sees it. */
    private static final class Below extends HttpServletRequestWrapper {
        private final String start;
        private final String rest;

        Below(HttpServletRequest request, String start, String path) {
            super(request);
            this.start = start;
            this.rest = path.substring(start.length());
        }

        @Override
        public String getServletPath() {
            return super.getServletPath() + start;
        }

        @Override
        public String getPathInfo() {
            return rest.isEmpty() ? null : rest;
        }
    }
}

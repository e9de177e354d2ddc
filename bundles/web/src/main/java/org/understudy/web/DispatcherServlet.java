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
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletAsyncSupported;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletName;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletPattern;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.web.access.Caller;

/**
 * The only servlet that is registered at the HTTP server; it forwards each request to the delegate with the longest
 * matching path, and makes an audit entry of each change. Jetty caches the mapping from path to servlet, also during a registration: with one servlet per path, a
 * request at that time could leave its path mapped to the wrong servlet permanently.
 */
@Component(service = Servlet.class)
@HttpWhiteboardServletAsyncSupported
@HttpWhiteboardServletName("understudy")
@HttpWhiteboardServletPattern("/*")
@HttpWhiteboardContextSelect(ConsoleContext.SELECT)
public final class DispatcherServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    /** Property of a delegate: the prefix of its paths; empty for the requests of no other delegate. */
    static final String PATH = "understudy.path";

    private static final String API_ROOT = "/api/";

    private final transient AuditTrail audit;
    private final transient Map<String, HttpServlet> delegates = new ConcurrentHashMap<>();

    @Activate
    public DispatcherServlet(@Reference AuditTrail audit) {
        this.audit = audit;
    }

    @Reference(
            target = "(" + PATH + "=*)",
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC)
    void addDelegate(HttpServlet delegate, Map<String, ?> properties) {
        delegates.put(path(properties), delegate);
    }

    void removeDelegate(HttpServlet delegate, Map<String, ?> properties) {
        delegates.remove(path(properties), delegate);
    }

    private static String path(Map<String, ?> properties) {
        return String.valueOf(properties.get(PATH));
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        Action action = RouteTable.action(request.getMethod(), Optional.ofNullable(request.getPathInfo()));
        if (!action.isAudited()) {
            forward(request, response);
            return;
        }
        AuditTrail.AuditObject object = audit.object(request);
        try {
            forward(request, response);
        } finally {
            audit.record(Caller.of(request), action, request, object);
        }
    }

    private void forward(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        String path = Optional.ofNullable(request.getPathInfo()).orElse("");
        Optional<String> longest = delegates.keySet().stream()
                .filter(prefix -> path.equals(prefix) || path.startsWith(prefix + "/"))
                .filter(prefix -> !prefix.isEmpty() || !path.startsWith(API_ROOT))
                .max(Comparator.comparingInt(String::length));
        Optional<HttpServlet> delegate = longest.map(delegates::get);
        if (delegate.isPresent()) {
            delegate.get().service(new PrefixedRequest(request, longest.get(), path), response);
        } else {
            String message = "Understudy is starting or stopping";
            AuditTrail.failed(request, ErrorCode.STARTING, message);
            ProblemDetails.of(ErrorCode.STARTING, message)
                    .with("Retry-After", "1")
                    .sendTo(response);
        }
    }

    /** A request whose paths are relative to the prefix of a delegate. */
    private static final class PrefixedRequest extends HttpServletRequestWrapper {
        private final String prefix;
        private final String rest;

        PrefixedRequest(HttpServletRequest request, String prefix, String path) {
            super(request);
            this.prefix = prefix;
            this.rest = path.substring(prefix.length());
        }

        @Override
        public String getServletPath() {
            return super.getServletPath() + prefix;
        }

        @Override
        public String getPathInfo() {
            return rest.isEmpty() ? null : rest;
        }
    }
}

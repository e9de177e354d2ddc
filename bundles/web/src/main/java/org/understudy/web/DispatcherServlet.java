// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.servlet.Servlet;
import javax.servlet.ServletException;
import javax.servlet.ServletInputStream;
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
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.web.access.Caller;
import org.understudy.web.access.ClientNetwork;

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

    /** A body of 16 MiB at 2 Mbit/s. */
    private static final Duration LONGEST_BODY = Duration.ofMinutes(1);

    /** The form of the login, which needs no login. */
    private static final Duration LONGEST_FORM = Duration.ofSeconds(10);

    private final transient AuditTrail audit;
    private final transient BodyLimits bodies;
    private final transient BodyLimits forms;
    private final transient Map<String, HttpServlet> delegates = new ConcurrentHashMap<>();

    @Activate
    public DispatcherServlet(@Reference AuditTrail audit) {
        this(audit, SystemScheduler.process());
    }

    DispatcherServlet(AuditTrail audit, Scheduler clock) {
        this.audit = audit;
        this.bodies = BodyLimits.ofUsers(clock);
        this.forms = BodyLimits.ofLogins(clock);
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
        Optional<Caller> caller = Caller.find(request);
        if (!action.isAudited() || caller.isEmpty()) {
            forward(request, response);
            return;
        }
        AuditTrail.AuditObject object = audit.object(request);
        try {
            forward(request, response);
        } catch (RuntimeException | Error e) {
            AuditTrail.failed(request, ErrorCode.INTERNAL, String.valueOf(e));
            throw e;
        } finally {
            audit.record(caller.get(), action, request, object);
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
            PrefixedRequest prefixed = new PrefixedRequest(request, longest.get(), path, this::body);
            try {
                delegate.get().service(prefixed, response);
            } catch (UnderstudyException e) {
                AuditTrail.failed(request, e.code(), e.getMessage());
                ProblemDetails.of(e.code(), e.getMessage()).sendTo(response);
            } finally {
                prefixed.endBody();
            }
        } else {
            String message = "Understudy is starting or stopping";
            AuditTrail.failed(request, ErrorCode.STARTING, message);
            ProblemDetails.of(ErrorCode.STARTING, message)
                    .with("Retry-After", "1")
                    .sendTo(response);
        }
    }

    @FunctionalInterface
    private interface Opener {
        BodyLimits.Body open(HttpServletRequest request) throws IOException;
    }

    private BodyLimits.Body body(HttpServletRequest request) throws IOException {
        Optional<Caller> caller = Caller.find(request);
        return caller.isPresent()
                ? bodies.open(request.getInputStream(), caller.get().user(), LONGEST_BODY)
                : forms.open(
                        request.getInputStream(),
                        ClientNetwork.of(request.getRemoteAddr()).name(),
                        LONGEST_FORM);
    }

    /** A request whose paths are relative to the prefix of a delegate, and whose body is bounded. */
    private static final class PrefixedRequest extends HttpServletRequestWrapper {
        private final String prefix;
        private final String rest;
        private final Opener opener;
        private Optional<BodyLimits.Body> body = Optional.empty();

        PrefixedRequest(HttpServletRequest request, String prefix, String path, Opener opener) {
            super(request);
            this.prefix = prefix;
            this.rest = path.substring(prefix.length());
            this.opener = opener;
        }

        @Override
        public ServletInputStream getInputStream() throws IOException {
            if (body.isEmpty()) {
                body = Optional.of(opener.open((HttpServletRequest) getRequest()));
            }
            return body.get();
        }

        void endBody() {
            body.ifPresent(BodyLimits.Body::end);
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

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
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
 * The only servlet that is registered at the HTTP server; it forwards each request to the servlet that {@link RouteTable} has
 * found, and makes an audit entry of each change. Jetty caches the mapping from path to servlet, also during a registration: with
 * one servlet per path, a request at that time could leave its path mapped to the wrong servlet permanently.
 */
@Component(service = Servlet.class)
@HttpWhiteboardServletAsyncSupported
@HttpWhiteboardServletName("understudy")
@HttpWhiteboardServletPattern("/*")
@HttpWhiteboardContextSelect(ConsoleContext.SELECT)
public final class DispatcherServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    /** A body of 16 MiB at 2 Mbit/s. */
    private static final Duration LONGEST_BODY = Duration.ofMinutes(1);

    /** The form of the login, which needs no login. */
    private static final Duration LONGEST_FORM = Duration.ofSeconds(10);

    private final transient AuditTrail audit;
    private final transient BodyLimits bodies;
    private final transient BodyLimits forms;

    @Activate
    public DispatcherServlet(@Reference AuditTrail audit) {
        this(audit, SystemScheduler.process());
    }

    DispatcherServlet(AuditTrail audit, Scheduler clock) {
        this.audit = audit;
        this.bodies = BodyLimits.ofUsers(clock);
        this.forms = BodyLimits.ofLogins(clock);
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        RouteTable.Target target = RouteTable.Target.of(request);
        Optional<Caller> caller = Caller.find(request);
        Optional<Action> audited = target.action().filter(Action::isAudited);
        if (audited.isEmpty() || caller.isEmpty()) {
            forward(target, request, response);
            return;
        }
        AuditTrail.AuditObject object = audit.object(request);
        try {
            forward(target, request, response);
        } catch (RuntimeException | Error e) {
            AuditTrail.failed(request, ErrorCode.INTERNAL, String.valueOf(e));
            throw e;
        } finally {
            audit.record(caller.get(), audited.get(), request, object);
        }
    }

    private void forward(RouteTable.Target target, HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        if (target.servlet().isEmpty()) {
            ProblemDetails.of(ErrorCode.STARTING, "Understudy is starting or stopping")
                    .with("Retry-After", "1")
                    .sendTo(response);
            return;
        }
        PrefixedRequest prefixed = new PrefixedRequest(request, target.prefix(), this::body);
        try {
            target.servlet().get().service(prefixed, response);
        } catch (UnderstudyException e) {
            AuditTrail.failed(request, e.code(), e.getMessage());
            ProblemDetails.of(e.code(), e.getMessage()).sendTo(response);
        } finally {
            prefixed.endBody();
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

    /** A request whose paths are relative to the prefix of a servlet, and whose body is bounded. */
    private static final class PrefixedRequest extends HttpServletRequestWrapper {
        private final String prefix;
        private final String rest;
        private final Opener opener;
        private Optional<BodyLimits.Body> body = Optional.empty();

        PrefixedRequest(HttpServletRequest request, String prefix, Opener opener) {
            super(request);
            this.prefix = prefix;
            this.rest = Optional.ofNullable(request.getPathInfo()).orElse("").substring(prefix.length());
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

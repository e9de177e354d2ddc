// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import org.osgi.service.http.context.ServletContextHelper;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardContext;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.Policies;
import org.understudy.api.Role;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.Authenticator.Accepted;
import org.understudy.web.access.Authenticator.Delayed;
import org.understudy.web.access.Authenticator.Failed;
import org.understudy.web.access.Authenticator.Unencrypted;
import org.understudy.web.access.Authenticator.WithoutRole;
import org.understudy.web.access.Caller;

/** Requires a login and the role of the action for everything below {@code /understudy}. */
@Component(service = ServletContextHelper.class, scope = ServiceScope.BUNDLE)
@HttpWhiteboardContext(name = ConsoleContext.NAME, path = ConsoleContext.PATH)
public final class ConsoleContext extends ServletContextHelper {
    static final String NAME = "understudy";

    static final String PATH = "/understudy";
    static final String SELECT = "(osgi.http.whiteboard.context.name=" + NAME + ")";

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action '%s'; frame-ancestors 'none'";

    /** The only paths without a login, compared as a whole. */
    private static final Set<String> PUBLIC = Set.of(LoginServlet.PATH, LoginServlet.PATH + LoginServlet.STYLE);

    private final Authenticator authenticator;
    private final Policies policies;
    private final AuditTrail audit;
    private final EmbeddingOrigins origins;
    private final RouteTable routes;

    @Activate
    public ConsoleContext(
            @Reference Authenticator authenticator,
            @Reference Policies policies,
            @Reference AuditTrail audit,
            @Reference EmbeddingOrigins origins,
            @Reference RouteTable routes) {
        this.authenticator = authenticator;
        this.policies = policies;
        this.audit = audit;
        this.origins = origins;
        this.routes = routes;
    }

    @Override
    public boolean handleSecurity(HttpServletRequest request, HttpServletResponse response) throws IOException {
        boolean isLogin =
                PUBLIC.contains(Optional.ofNullable(request.getPathInfo()).orElse(""));
        response.setHeader("Content-Security-Policy", POLICY.formatted(isLogin ? "self" : "none"));
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cache-Control", "no-store");
        if (origins.answer(request, response)) {
            // The server would otherwise answer 403.
            response.flushBuffer();
            return false;
        }
        RouteTable.Target target = routes.find(request);
        target.attach(request);
        if (isLogin || origins.isScript(request)) {
            return true;
        }
        Authenticator.Result result = authenticator.check(request);
        if (result instanceof Accepted accepted) {
            return isPermitted(accepted.caller(), target, request, response);
        } else if (result instanceof WithoutRole known) {
            return refuse(ErrorCode.ROLE_MISSING, roleMissing(known.user(), Action.VIEW), response);
        } else if (result instanceof Delayed delayed) {
            return tooMany(delayed, response);
        } else if (result instanceof Unencrypted) {
            return refuse(ErrorCode.ENCRYPTION_REQUIRED, "A token was sent in plain text over a network", response);
        }
        if (isBrowser(request)) {
            return toLogin(request, response);
        }
        return challenge(
                result instanceof Failed
                        ? "User and password, or the token, are wrong"
                        : "The request has no valid session, token, or user and password",
                request,
                response);
    }

    private boolean isPermitted(
            Caller caller, RouteTable.Target target, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (target.action().isEmpty()) {
            caller.attach(request);
            return true;
        }
        Action action = target.action().get();
        if (action.role() == Role.PEER && !Authenticator.isPrivate(request)) {
            return refuse(ErrorCode.ENCRYPTION_REQUIRED, "A server with connector peer called in plain text", response);
        }
        if (caller.may(action)) {
            caller.attach(request);
            return true;
        }
        String detail = roleMissing(caller.label(), action);
        AuditTrail.failed(request, ErrorCode.ROLE_MISSING, detail);
        audit.record(caller, action, request, audit.object(request));
        return refuse(ErrorCode.ROLE_MISSING, detail, response);
    }

    private String roleMissing(String user, Action action) {
        List<String> roles = policies.current().access().sufficientFor(action.role());
        return "User '%s' does not have the role '%s'"
                .formatted(user, roles.isEmpty() ? EnumParser.word(action.role()) : roles.get(0));
    }

    private static boolean tooMany(Delayed delayed, HttpServletResponse response) throws IOException {
        response.setHeader("Retry-After", String.valueOf(delayed.seconds()));
        return refuse(
                ErrorCode.TOO_MANY_LOGINS,
                "Too many failed logins of user '%s' or from this address; logins are refused for %d s"
                        .formatted(delayed.user(), delayed.seconds()),
                response);
    }

    /** A page that a person opens. Scripts of a page and programs get 401. */
    private static boolean isBrowser(HttpServletRequest request) {
        String accept = request.getHeader("Accept");
        return request.getMethod().equals("GET") && accept != null && accept.contains("text/html");
    }

    private static boolean toLogin(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String query = request.getQueryString() == null ? "" : "?" + request.getQueryString();
        String next = Optional.ofNullable(request.getPathInfo()).orElse("/") + query;
        // Not sendRedirect: the server would build an absolute URL from the Host header of the request.
        response.setStatus(HttpServletResponse.SC_FOUND);
        response.setHeader(
                "Location",
                request.getContextPath() + LoginServlet.PATH + "?next="
                        + URLEncoder.encode(next, StandardCharsets.UTF_8));
        // The server would otherwise answer 403.
        response.flushBuffer();
        return false;
    }

    private boolean challenge(String detail, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        // A browser would open its own dialog for a script's request.
        boolean script =
                "fetch".equals(request.getHeader("X-Requested-With")) || request.getHeader("Sec-Fetch-Mode") != null;
        boolean basic = policies.current().access().basic() && !script;
        response.setHeader(
                "WWW-Authenticate",
                basic ? "Basic realm=\"Understudy\", charset=\"UTF-8\"" : "Bearer realm=\"Understudy\"");
        return refuse(ErrorCode.UNAUTHORIZED, detail, response);
    }

    private static boolean refuse(ErrorCode code, String detail, HttpServletResponse response) throws IOException {
        ProblemDetails.of(code, detail).sendTo(response);
        return false;
    }
}

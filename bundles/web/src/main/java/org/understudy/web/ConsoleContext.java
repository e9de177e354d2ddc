// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
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
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.Authenticator.Accepted;
import org.understudy.web.access.Authenticator.Delayed;
import org.understudy.web.access.Authenticator.WithoutRole;
import org.understudy.web.access.Caller;

/** Requires a login and the role of the action for everything below {@code /understudy}. */
@Component(service = ServletContextHelper.class, scope = ServiceScope.BUNDLE)
@HttpWhiteboardContext(name = ConsoleContext.NAME, path = "/understudy")
public final class ConsoleContext extends ServletContextHelper {
    static final String NAME = "understudy";
    static final String SELECT = "(osgi.http.whiteboard.context.name=" + NAME + ")";

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Authenticator authenticator;
    private final Policies policies;
    private final AuditTrail audit;

    @Activate
    public ConsoleContext(
            @Reference Authenticator authenticator, @Reference Policies policies, @Reference AuditTrail audit) {
        this.authenticator = authenticator;
        this.policies = policies;
        this.audit = audit;
    }

    @Override
    public boolean handleSecurity(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cache-Control", "no-store");
        Authenticator.Result result = authenticator.check(request);
        if (result instanceof Accepted accepted) {
            return isPermitted(accepted.caller(), request, response);
        } else if (result instanceof WithoutRole known) {
            return refuse(roleMissing(known.user(), Action.VIEW), response);
        } else if (result instanceof Delayed delayed) {
            return tooMany(delayed, response);
        }
        return challenge(response);
    }

    private boolean isPermitted(Caller caller, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        Action action = RouteTable.action(request.getMethod(), Optional.ofNullable(request.getPathInfo()));
        if (caller.may(action)) {
            caller.attach(request);
            return true;
        }
        RestResponse refusal = roleMissing(caller.label(), action);
        audit.record(caller, action, request, Optional.of(ErrorCode.ROLE_MISSING), roleMissingText(caller.label(), action));
        return refuse(refusal, response);
    }

    private RestResponse roleMissing(String user, Action action) {
        return ProblemDetails.of(ErrorCode.ROLE_MISSING, roleMissingText(user, action));
    }

    private String roleMissingText(String user, Action action) {
        List<String> roles = policies.current().access().sufficientFor(action.role());
        return "User '%s' does not have the role %s"
                .formatted(user, roles.stream().map(role -> "'" + role + "'").collect(Collectors.joining(" or ")));
    }

    private static boolean tooMany(Delayed delayed, HttpServletResponse response) throws IOException {
        response.setHeader("Retry-After", String.valueOf(delayed.seconds()));
        return refuse(
                ProblemDetails.of(
                        ErrorCode.TOO_MANY_LOGINS,
                        "Too many failed logins of user '%s' or from this address; logins are refused for %d s"
                                .formatted(delayed.user(), delayed.seconds())),
                response);
    }

    private static boolean challenge(HttpServletResponse response) throws IOException {
        response.setHeader("WWW-Authenticate", "Basic realm=\"Understudy\", charset=\"UTF-8\"");
        // Without this the server answers 403, and a browser does not ask for a password.
        response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
        return false;
    }

    private static boolean refuse(RestResponse refusal, HttpServletResponse response) throws IOException {
        refusal.sendTo(response);
        return false;
    }
}

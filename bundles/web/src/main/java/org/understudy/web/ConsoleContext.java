// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
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
            return refuse(ErrorCode.ROLE_MISSING, roleMissing(known.user(), Action.VIEW), response);
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

    private static boolean challenge(HttpServletResponse response) throws IOException {
        response.setHeader("WWW-Authenticate", "Basic realm=\"Understudy\", charset=\"UTF-8\"");
        // Without this the server answers 403, and a browser does not ask for a password.
        response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
        return false;
    }

    private static boolean refuse(ErrorCode code, String detail, HttpServletResponse response) throws IOException {
        ProblemDetails.of(code, detail).sendTo(response);
        return false;
    }
}

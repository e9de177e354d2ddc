// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import org.osgi.service.http.context.ServletContextHelper;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;

/** Requires a login for everything below {@code /understudy}. */
@Component(service = ServletContextHelper.class, scope = ServiceScope.BUNDLE)
@HttpWhiteboardContext(name = ConsoleContext.NAME, path = "/understudy")
public final class ConsoleContext extends ServletContextHelper {
    static final String NAME = "understudy";
    static final String SELECT = "(osgi.http.whiteboard.context.name=" + NAME + ")";

    private static final Logger LOG = LoggerFactory.getLogger(ConsoleContext.class);

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final LoginCheck login;
    private final FailedLogins failedLogins;
    private final EmbeddingOrigins origins;

    @Activate
    public ConsoleContext(@Reference FailedLogins failedLogins, @Reference EmbeddingOrigins origins) {
        this(new LoginCheck("karaf", "admin"), failedLogins, origins);
    }

    ConsoleContext(LoginCheck login, FailedLogins failedLogins, EmbeddingOrigins origins) {
        this.login = login;
        this.failedLogins = failedLogins;
        this.origins = origins;
    }

    @Override
    public boolean handleSecurity(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cache-Control", "no-store");
        if (origins.answer(request, response)) {
            // The server would otherwise answer 403.
            response.flushBuffer();
            return false;
        }
        if (origins.isScript(request)) {
            return true;
        }
        Optional<Credentials> given = Credentials.parse(Optional.ofNullable(request.getHeader("Authorization")));
        return given.isPresent() ? isAccepted(given.get(), request.getRemoteAddr(), response) : challenge(response);
    }

    private boolean isAccepted(Credentials given, String address, HttpServletResponse response) throws IOException {
        FailedLogins.Reservation reservation = failedLogins.reserve(given, address);
        if (reservation.isRefused()) {
            return tooMany(given, reservation.delay(), response);
        }
        return switch (login.check(given)) {
            case ACCEPTED -> {
                failedLogins.succeeded(given, address, reservation);
                yield true;
            }
            case ROLE_MISSING -> {
                failedLogins.succeeded(given, address, reservation);
                yield roleMissing(given, address, response);
            }
            case FAILED -> failed(given, address, response);
        };
    }

    private boolean failed(Credentials given, String address, HttpServletResponse response) throws IOException {
        Duration delay = failedLogins.failed(given, address);
        LOG.warn(
                "Login of user {} from {}: failed{}",
                given.shownUser(),
                address,
                delay.isZero() ? "" : ", further logins are refused for " + seconds(delay) + " s");
        return challenge(response);
    }

    /** Not logged, because a program that guesses passwords would fill the log. */
    private static boolean tooMany(Credentials given, Duration delay, HttpServletResponse response) throws IOException {
        response.setHeader("Retry-After", String.valueOf(seconds(delay)));
        return refuse(
                ErrorCode.TOO_MANY_LOGINS,
                "Too many failed logins of user '%s' or from this address; logins are refused for %d s"
                        .formatted(given.shownUser(), seconds(delay)),
                response);
    }

    private boolean roleMissing(Credentials given, String address, HttpServletResponse response) throws IOException {
        LOG.info("Login of user {} from {}: refused, role {} is missing", given.shownUser(), address, login.role());
        return refuse(
                ErrorCode.ROLE_MISSING,
                "User '%s' does not have the role '%s'".formatted(given.shownUser(), login.role()),
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

    private static long seconds(Duration delay) {
        return Math.max(1, delay.plusMillis(999).toSeconds());
    }
}

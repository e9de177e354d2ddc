// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ServiceScope;
import org.osgi.service.http.context.ServletContextHelper;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardContext;

/** Requires a login for everything below {@code /understudy}. */
@Component(service = ServletContextHelper.class, scope = ServiceScope.BUNDLE)
@HttpWhiteboardContext(name = ConsoleContext.NAME, path = "/understudy")
public final class ConsoleContext extends ServletContextHelper {
    static final String NAME = "understudy";
    static final String SELECT = "(osgi.http.whiteboard.context.name=" + NAME + ")";

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final LoginCheck login;

    @Activate
    public ConsoleContext() {
        this(new LoginCheck("karaf", "admin"));
    }

    ConsoleContext(LoginCheck login) {
        this.login = login;
    }

    @Override
    public boolean handleSecurity(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cache-Control", "no-store");
        if (login.accepts(request.getHeader("Authorization"))) {
            return true;
        }
        response.setHeader("WWW-Authenticate", "Basic realm=\"Understudy\", charset=\"UTF-8\"");
        // Without this the server answers 403, and a browser does not ask for a password.
        response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
        return false;
    }
}

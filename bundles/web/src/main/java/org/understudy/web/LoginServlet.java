// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.Authenticator.Accepted;
import org.understudy.web.access.Authenticator.Delayed;
import org.understudy.web.access.Authenticator.WithoutRole;
import org.understudy.web.access.Credentials;
import org.understudy.web.access.SessionCookie;

/** {@code /login}: a form for user and password, which works without scripts, and begins a session. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=" + LoginServlet.PATH)
public final class LoginServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    static final String PATH = "/login";
    static final String STYLE = "/style.css";

    private static final int LARGEST_FORM = 8 << 10;
    private static final int TOO_MANY_REQUESTS = 429;

    /** A path of this console. The context path precedes it, so that it never names another server. */
    private static final Pattern NEXT = Pattern.compile("/[A-Za-z0-9/._~%:@!$&'()*+,;=?-]*");

    private final transient Authenticator authenticator;

    @Activate
    public LoginServlet(@Reference Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (STYLE.equals(request.getPathInfo())) {
            response.setContentType("text/css;charset=utf-8");
            response.getOutputStream().write(resource("login.css").getBytes(StandardCharsets.UTF_8));
            return;
        }
        Map<String, String> query =
                fields(Optional.ofNullable(request.getQueryString()).orElse(""));
        show(response, HttpServletResponse.SC_OK, query, "");
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        byte[] body = request.getInputStream().readNBytes(LARGEST_FORM + 1);
        Map<String, String> form =
                body.length > LARGEST_FORM ? Map.of() : fields(new String(body, StandardCharsets.UTF_8));
        if (!isOwnForm(request)) {
            show(response, HttpServletResponse.SC_FORBIDDEN, form, "The form was sent by another site. Log in here.");
            return;
        }
        Credentials given = new Credentials(form.getOrDefault("user", ""), form.getOrDefault("password", ""));
        Authenticator.Result result = authenticator.login(given, request.getRemoteAddr());
        if (result instanceof Accepted accepted && accepted.caller().may(Action.VIEW)) {
            SessionCookie.set(request, response, authenticator.beginSession(accepted.caller(), request));
            // Not sendRedirect: the server would build an absolute URL from the Host header of the request.
            response.setStatus(HttpServletResponse.SC_SEE_OTHER);
            response.setHeader("Location", request.getContextPath() + next(form));
        } else if (result instanceof Delayed delayed) {
            response.setHeader("Retry-After", String.valueOf(delayed.seconds()));
            show(
                    response,
                    TOO_MANY_REQUESTS,
                    form,
                    "Too many failed logins. Logins are refused for " + delayed.seconds() + " s.");
        } else if (result instanceof Accepted || result instanceof WithoutRole) {
            show(
                    response,
                    HttpServletResponse.SC_FORBIDDEN,
                    form,
                    "This user does not have a role for Understudy, such as 'viewer'.");
        } else {
            show(response, HttpServletResponse.SC_UNAUTHORIZED, form, "User or password is wrong.");
        }
    }

    /** Otherwise another site could log a browser in as a user of its choice. */
    private static boolean isOwnForm(HttpServletRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("same-origin") || site.equals("none");
        }
        String origin = request.getHeader("Origin");
        return origin == null || isHost(origin, request.getHeader("Host"));
    }

    private static boolean isHost(String origin, String host) {
        try {
            return URI.create(origin).getAuthority() != null
                    && URI.create(origin).getAuthority().equals(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String next(Map<String, String> fields) {
        String next = fields.getOrDefault("next", "/");
        return NEXT.matcher(next).matches() && !next.startsWith(PATH) ? next : "/";
    }

    /** After a failure the user is kept, so that only the password has to be typed again. */
    private static void show(HttpServletResponse response, int status, Map<String, String> fields, String message)
            throws IOException {
        String user = fields.getOrDefault("user", "");
        String page = resource("login.html")
                .replace("{{message}}", message.isEmpty() ? "" : "<p role=\"alert\">" + escaped(message) + "</p>")
                .replace("{{user}}", escaped(user))
                .replace("{{user-focus}}", user.isEmpty() ? "autofocus" : "")
                .replace("{{password-focus}}", user.isEmpty() ? "" : "autofocus")
                .replace("{{next}}", escaped(next(fields)));
        response.setStatus(status);
        response.setContentType("text/html;charset=utf-8");
        response.getOutputStream().write(page.getBytes(StandardCharsets.UTF_8));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = LoginServlet.class.getResourceAsStream("/login/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Map<String, String> fields(String form) {
        Map<String, String> fields = new HashMap<>();
        for (String field : form.split("&")) {
            String[] parts = field.split("=", 2);
            if (parts.length == 2) {
                fields.put(parts[0], decoded(parts[1]));
            }
        }
        return fields;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}

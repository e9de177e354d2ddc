// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.util.Arrays;
import java.util.Optional;
import javax.servlet.http.Cookie;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** The cookie with the secret of a session. Scripts of a page cannot read it, and no other site's page sends it. */
public final class SessionCookie {
    private static final String NAME = "understudy-session";
    private static final String ATTRIBUTES = "; Path=/understudy; HttpOnly; SameSite=Strict";

    private SessionCookie() {}

    static Optional<String> secret(HttpServletRequest request) {
        return Optional.ofNullable(request.getCookies()).stream()
                .flatMap(Arrays::stream)
                .filter(cookie -> cookie.getName().equals(NAME))
                .map(Cookie::getValue)
                .findFirst();
    }

    /** Sends the secret of a session to the browser, which forgets it when it is closed. */
    public static void set(HttpServletRequest request, HttpServletResponse response, String secret) {
        send(request, response, secret, "");
    }

    /** Removes the cookie from the browser. */
    public static void clear(HttpServletRequest request, HttpServletResponse response) {
        send(request, response, "", "; Max-Age=0");
    }

    /** By a header: the cookie of the servlet API has no SameSite. */
    private static void send(HttpServletRequest request, HttpServletResponse response, String secret, String rest) {
        // The header of a TLS proxy is believed, as it makes the cookie only stricter.
        boolean encrypted = request.isSecure() || "https".equals(request.getHeader("X-Forwarded-Proto"));
        response.addHeader("Set-Cookie", NAME + "=" + secret + ATTRIBUTES + (encrypted ? "; Secure" : "") + rest);
    }
}

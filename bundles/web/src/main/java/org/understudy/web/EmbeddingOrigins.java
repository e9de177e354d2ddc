// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The origins whose pages may embed elements of the console: they may load its scripts, and call REST with a token. Cookies and
 * passwords of a browser are never sent for such a page, because the responses do not allow credentials. Configured by {@code
 * origins} in {@code etc/org.understudy.embedding.cfg}; without it, no other page can read a response.
 */
@Component(service = EmbeddingOrigins.class, configurationPid = "org.understudy.embedding")
public final class EmbeddingOrigins {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddingOrigins.class);

    /** Scheme, host and port, as browsers send it. Source: RFC 6454, section 6.2. */
    private static final Pattern ORIGIN = Pattern.compile("https?://[a-z0-9.\\-\\[\\]:]+");

    /** The scripts of the elements; they contain nothing that depends on a user. */
    private static final Pattern SCRIPT = Pattern.compile("/embed\\.js|/shared-[A-Z0-9]+\\.js");

    private static final String METHODS = "GET, POST, DELETE";
    private static final String REQUEST_HEADERS =
            "Authorization, Content-Type, X-Requested-With, If-Match, Idempotency-Key, Last-Event-ID";
    private static final String RESPONSE_HEADERS = "ETag, Event-Id, Link, Location, Retry-After, Total-Count";
    private static final String SECONDS = "600";

    private final Set<String> allowed;

    /** The keys of the configuration. */
    public @interface Settings {
        /** Such as {@code https://manager.example}; several are separated by commas. */
        String[] origins() default {};
    }

    @Activate
    public EmbeddingOrigins(Settings settings) {
        this(settings.origins());
    }

    EmbeddingOrigins(String... origins) {
        allowed = Arrays.stream(origins)
                .flatMap(list -> Arrays.stream(list.split(",")))
                .map(String::strip)
                .filter(origin -> !origin.isEmpty())
                .filter(EmbeddingOrigins::isOrigin)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static boolean isOrigin(String text) {
        boolean valid = ORIGIN.matcher(text).matches();
        if (!valid) {
            LOG.error(
                    "Origin '{}' of etc/org.understudy.embedding.cfg: ignored, it is not of the form https://HOST",
                    text);
        }
        return valid;
    }

    /**
     * Permits the page of an allowed origin to read the response.
     *
     * @return true if the request only asks whether a call is permitted, and has been answered
     */
    boolean answer(HttpServletRequest request, HttpServletResponse response) {
        Optional<String> origin = Optional.ofNullable(request.getHeader("Origin"));
        if (!allowed.isEmpty()) {
            response.setHeader("Vary", "Origin");
        }
        if (origin.filter(allowed::contains).isEmpty()) {
            return false;
        }
        response.setHeader("Access-Control-Allow-Origin", origin.get());
        response.setHeader("Access-Control-Expose-Headers", RESPONSE_HEADERS);
        if (!request.getMethod().equals("OPTIONS") || request.getHeader("Access-Control-Request-Method") == null) {
            return false;
        }
        response.setHeader("Access-Control-Allow-Methods", METHODS);
        response.setHeader("Access-Control-Allow-Headers", REQUEST_HEADERS);
        response.setHeader("Access-Control-Max-Age", SECONDS);
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        return true;
    }

    /** {@return whether a page of an allowed origin loads a script, for which a browser sends no login} */
    boolean isScript(HttpServletRequest request) {
        return !allowed.isEmpty()
                && request.getMethod().equals("GET")
                && Optional.ofNullable(request.getPathInfo())
                        .filter(path -> SCRIPT.matcher(path).matches())
                        .isPresent();
    }
}

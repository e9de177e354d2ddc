// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.ErrorCode;

/**
 * {@code /api}: a page that shows the description of the REST interface. Also answers what no other part of the interface
 * does: there is no such resource, or its part of the server is starting.
 */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api")
public final class ApiServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private static final String VERSION = "/v1/";

    private static final Map<String, String> FILES =
            Map.of("/", "text/html", "/api.css", "text/css", "/api.js", "text/javascript");

    @Activate
    public ApiServlet() {}

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        answer(request).sendTo(request, response);
    }

    private static RestResponse answer(HttpServletRequest request) {
        Optional<String> path = Optional.ofNullable(request.getPathInfo());
        String method = request.getMethod();
        Optional<String> type = path.map(FILES::get);
        if (path.isEmpty()) {
            // Its links are relative to a folder.
            return RestResponse.empty(HttpServletResponse.SC_FOUND)
                    .with("Location", request.getContextPath() + request.getServletPath() + "/");
        } else if (type.isEmpty()) {
            return path.get().startsWith(VERSION)
                    ? ProblemDetails.of(ErrorCode.STARTING, "This part of Understudy is starting or stopping")
                            .with("Retry-After", "1")
                    : ProblemDetails.of(
                            ErrorCode.RESOURCE_NOT_FOUND, "No resource has the path " + request.getRequestURI());
        } else if (!method.equals("GET") && !method.equals("HEAD")) {
            return ProblemDetails.of(ErrorCode.METHOD_NOT_ALLOWED, "Method " + method + " is not one of [GET, HEAD]")
                    .with("Allow", "GET, HEAD");
        }
        return file("/api" + (path.get().equals("/") ? "/index.html" : path.get()), type.get());
    }

    /** The description of the interface, in the form of OpenAPI 3.1. */
    static RestResponse description() {
        return file("/openapi.json", RestResponse.JSON);
    }

    private static RestResponse file(String name, String type) {
        try (InputStream in = ApiServlet.class.getResourceAsStream(name)) {
            return RestResponse.json(
                    HttpServletResponse.SC_OK, type, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException("The bundle has no file " + name, e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Set;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Serves the console's own files and nothing else. */
@Component(service = HttpServlet.class, property = DispatcherServlet.PATH + "=")
public final class PageServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private static final Set<String> FILES = Set.of(
            "index.html",
            "console.css",
            "console.js",
            "dialog.js",
            "dom.js",
            "migration.js",
            "pair.js",
            "server.js",
            "vm.js",
            "icon.svg");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html;charset=utf-8",
            "css", "text/css;charset=utf-8",
            "js", "text/javascript;charset=utf-8",
            "svg", "image/svg+xml");

    @Activate
    public PageServlet() {}

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo();
        if (path == null) {
            // Not sendRedirect: the server would build an absolute URL from the Host header of the request.
            response.setStatus(HttpServletResponse.SC_FOUND);
            response.setHeader("Location", request.getContextPath() + "/");
            return;
        }
        String file = path.equals("/") ? "index.html" : path.substring(1);
        if (!FILES.contains(file)) {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        response.setContentType(TYPES.get(file.substring(file.lastIndexOf('.') + 1)));
        try (InputStream in = PageServlet.class.getResourceAsStream("/console/" + file)) {
            in.transferTo(response.getOutputStream());
        }
    }
}

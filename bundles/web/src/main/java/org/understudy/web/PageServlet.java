// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import javax.servlet.Servlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletName;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/** Serves the console's own files and nothing else. */
@Component(service = Servlet.class)
@HttpWhiteboardServletName("understudy-page")
@HttpWhiteboardServletPattern("/*")
@HttpWhiteboardContextSelect(ConsoleContext.SELECT)
public final class PageServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private static final Map<String, String> TYPES = Map.of(
            "index.html", "text/html;charset=utf-8",
            "console.js", "text/javascript;charset=utf-8",
            "dom.js", "text/javascript;charset=utf-8",
            "server.js", "text/javascript;charset=utf-8",
            "migration.js", "text/javascript;charset=utf-8",
            "vm.js", "text/javascript;charset=utf-8",
            "console.css", "text/css;charset=utf-8",
            "icon.svg", "image/svg+xml");

    @Activate
    public PageServlet() {}

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo();
        if (path == null) {
            response.sendRedirect(request.getContextPath() + "/");
            return;
        }
        String file = path.equals("/") ? "index.html" : path.substring(1);
        String type = TYPES.get(file);
        if (type == null) {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
            return;
        }
        response.setContentType(type);
        try (InputStream in = PageServlet.class.getResourceAsStream("/console/" + file)) {
            in.transferTo(response.getOutputStream());
        }
    }
}

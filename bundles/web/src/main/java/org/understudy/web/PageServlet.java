// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Serves the console's own files and nothing else. Each page has an address, such as {@code /vms/UUID}; all of them are the file
 * {@code index.html}, whose script shows the page.
 */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=")
public final class PageServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private static final String INDEX = "index.html";

    /** The parts of an address that the script knows: see app/router.ts. */
    private static final Set<String> LISTS =
            Set.of("vms", "pools", "hosts", "migrations", "events", "audit", "tokens", "configuration", "help");

    private static final Set<String> SINGLES = Set.of("vms", "migrations");

    private final transient Map<String, ConsoleFile> files;

    @Activate
    public PageServlet() throws IOException {
        files = ConsoleFile.all().stream().collect(Collectors.toUnmodifiableMap(ConsoleFile::name, file -> file));
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo();
        if (path == null) {
            // Not sendRedirect: the server would build an absolute URL from the Host header of the request.
            response.setStatus(HttpServletResponse.SC_FOUND);
            response.setHeader("Location", request.getContextPath() + "/");
            return;
        }
        String[] parts = path.substring(1).split("/", -1);
        Optional<ConsoleFile> file = isPage(parts)
                ? Optional.of(files.get(INDEX).at(parts.length - 1))
                : Optional.ofNullable(files.get(path.substring(1)));
        if (file.isPresent()) {
            file.get().sendTo(request, response);
        } else {
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    /** Whether the address belongs to a page. A trailing slash is allowed. */
    private static boolean isPage(String... parts) {
        boolean slash = parts[parts.length - 1].isEmpty();
        String[] named = slash ? Arrays.copyOf(parts, parts.length - 1) : parts;
        return switch (named.length) {
            case 0 -> true;
            case 1 -> LISTS.contains(named[0]);
            case 2 -> SINGLES.contains(named[0]) && !named[1].isEmpty();
            default -> false;
        };
    }
}

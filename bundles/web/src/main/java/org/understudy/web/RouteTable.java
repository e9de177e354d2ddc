// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.servlet.ServletRequest;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.understudy.api.Action;

/**
 * The servlet and the action of each request. The action is that of a {@link Route} of the servlet; only {@link Action} has the
 * role that it needs. Safe for use from any thread.
 */
@Component(service = RouteTable.class)
public final class RouteTable {
    /** Property of a servlet: the prefix of its paths; empty for the requests of no other servlet. */
    static final String PATH = "understudy.path";

    private static final String API_ROOT = "/api/";
    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

    private final Map<String, HttpServlet> servlets = new ConcurrentHashMap<>();

    /**
     * What answers a request. Found once, so that the servlet that is called is the one that the role was checked for, also if
     * another one starts meanwhile.
     *
     * @param prefix the path of the servlet
     * @param servlet empty while the part of the server is starting or stopping
     * @param action what the user must be allowed to do; empty if nothing is done
     */
    record Target(String prefix, Optional<HttpServlet> servlet, Optional<Action> action) {
        private static final String ATTRIBUTE = Target.class.getName();

        void attach(ServletRequest request) {
            request.setAttribute(ATTRIBUTE, this);
        }

        static Target of(ServletRequest request) {
            if (request.getAttribute(ATTRIBUTE) instanceof Target target) {
                return target;
            }
            throw new IllegalStateException("The request was not checked");
        }
    }

    @Activate
    public RouteTable() {}

    @Reference(
            target = "(" + PATH + "=*)",
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC)
    void addServlet(HttpServlet servlet, Map<String, ?> properties) {
        servlets.put(path(properties), servlet);
    }

    void removeServlet(HttpServlet servlet, Map<String, ?> properties) {
        servlets.remove(path(properties), servlet);
    }

    private static String path(Map<String, ?> properties) {
        return String.valueOf(properties.get(PATH));
    }

    /** {@return the servlet with the longest path, and what it does for the request} */
    Target find(HttpServletRequest request) {
        String path = Optional.ofNullable(request.getPathInfo()).orElse("");
        Target found = new Target("", Optional.empty(), Optional.empty());
        for (Map.Entry<String, HttpServlet> entry : servlets.entrySet()) {
            String prefix = entry.getKey();
            if (isBelow(path, prefix)
                    && (found.servlet().isEmpty()
                            || prefix.length() > found.prefix().length())) {
                found = target(prefix, entry.getValue(), request.getMethod(), path.substring(prefix.length()));
            }
        }
        return found;
    }

    private static boolean isBelow(String path, String prefix) {
        return prefix.isEmpty() ? !path.startsWith(API_ROOT) : path.equals(prefix) || path.startsWith(prefix + "/");
    }

    /** Any user may learn that a part is starting, which {@link ApiServlet} reports. Its page has no secrets. */
    private static Target target(String prefix, HttpServlet servlet, String method, String rest) {
        return new Target(
                prefix,
                Optional.of(servlet),
                servlet instanceof ApiServlet ? Optional.empty() : Optional.of(action(servlet, method, rest)));
    }

    /** What has no route is read by viewers; anything else needs an admin, and then ends with an error. */
    private static Action action(HttpServlet servlet, String method, String rest) {
        Optional<Action> routed =
                servlet instanceof RestServlet described ? described.action(method, rest) : Optional.empty();
        return routed.orElse(READING.contains(method) ? Action.VIEW : Action.DEFINE);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.JsonView;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.Caller;
import org.understudy.web.access.SessionCookie;

/** {@code /session}: who the caller is and what it may do; DELETE logs out. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/session")
public final class SessionServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient Authenticator authenticator;

    @Activate
    public SessionServlet(@Reference JsonView view, @Reference Authenticator authenticator) {
        super(view);
        this.view = view;
        this.authenticator = authenticator;
    }

    @Override
    public void service(ServletRequest request, ServletResponse response) throws ServletException, IOException {
        if (((HttpServletRequest) request).getMethod().equals("DELETE")) {
            SessionCookie.clear((HttpServletRequest) request, (HttpServletResponse) response);
        }
        super.service(request, response);
    }

    @Override
    List<Route> routes() {
        return List.of(
                Route.get(
                        "",
                        Action.VIEW,
                        request -> RestResponse.ok(view.write(describe(Caller.of(request.request()))))),
                Route.delete("", Action.VIEW, this::logOut));
    }

    private RestResponse logOut(RestRequest request) {
        authenticator.endSession(Caller.of(request.request()));
        return RestResponse.ok("{}");
    }

    private static Map<String, Object> describe(Caller caller) {
        Map<String, Object> session = new LinkedHashMap<>();
        session.put("user", caller.user());
        session.put("role", caller.role());
        session.put(
                "actions", Arrays.stream(Action.values()).filter(caller::may).toList());
        session.put("session", caller.proof() instanceof Caller.SessionKey);
        return session;
    }
}

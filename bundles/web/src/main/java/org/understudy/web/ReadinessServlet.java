// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.Readiness;

/** {@code /readiness}: which VMs can be migrated now, and what prevents it for the others. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/readiness")
public final class ReadinessServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient Readiness readiness;

    @Activate
    public ReadinessServlet(@Reference JsonView view, @Reference Readiness readiness) {
        super(view);
        this.view = view;
        this.readiness = readiness;
    }

    @Override
    List<Route> routes() {
        return List.of(Route.get("", Action.VIEW, this::evaluate));
    }

    private RestResponse evaluate(RestRequest request) {
        return RestResponse.ok(
                view.write(readiness.evaluate(request.query("host").map(HostName::new))));
    }
}

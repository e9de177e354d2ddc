// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.History;
import org.understudy.api.HistoryPage;
import org.understudy.api.JsonView;

/** {@code /audit}: the actions of users. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/audit")
public final class AuditServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient History history;
    private final transient EventHub hub;

    @Activate
    public AuditServlet(@Reference JsonView view, @Reference History history, @Reference EventHub hub) {
        super(view);
        this.view = view;
        this.history = history;
        this.hub = hub;
    }

    @Override
    List<Route> routes() {
        return List.of(Route.get("", Action.READ_AUDIT, this::list));
    }

    private RestResponse list(RestRequest request) {
        HistoryPage page = history.find(new HistoryParameters(request, hub).actions());
        List<AuditEntry> actions = page.entries().stream()
                .flatMap(entry -> entry.action().stream())
                .toList();
        RestResponse response = RestResponse.ok(view.write(actions));
        return page.next().map(next -> Listing.linked(response, request, next)).orElse(response);
    }
}

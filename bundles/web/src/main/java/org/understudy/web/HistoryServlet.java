// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/** {@code /history}: the migrations and findings of the past. Actions are in {@code /audit} only, which is another right. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/history")
public final class HistoryServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient History history;
    private final transient EventHub hub;

    @Activate
    public HistoryServlet(@Reference JsonView view, @Reference History history, @Reference EventHub hub) {
        super(view);
        this.view = view;
        this.history = history;
        this.hub = hub;
    }

    @Override
    List<Route> routes() {
        return List.of(
                Route.get("", Action.VIEW, this::list),
                Route.get("/{id}", Action.VIEW, request -> RestResponse.ok(view.write(entry(request.part("id"))))));
    }

    private RestResponse list(RestRequest request) {
        HistoryPage page = history.find(new HistoryParameters(request, hub).past());
        RestResponse response = RestResponse.ok(view.write(page));
        return page.next().map(next -> Listing.linked(response, request, next)).orElse(response);
    }

    private HistoryEntry entry(String id) {
        return history.find(id)
                .filter(entry -> entry.kind() != HistoryKind.ACTION)
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HISTORY_ENTRY_NOT_FOUND,
                        "No migration or finding of the history has the ID '" + id + "'"));
    }
}

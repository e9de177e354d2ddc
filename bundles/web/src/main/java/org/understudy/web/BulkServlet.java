// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Optional;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigrations;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

/** {@code /bulk-migrations}: queues, lists and cancels the migrations of many VMs. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/bulk-migrations")
public final class BulkServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient BulkMigrations bulk;

    @Activate
    public BulkServlet(@Reference JsonView view, @Reference BulkMigrations bulk) {
        super(view);
        this.view = view;
        this.bulk = bulk;
    }

    @Override
    List<Route> routes() {
        return List.of(
                Route.get("", Action.VIEW, request -> RestResponse.ok(view.write(bulk.list()))),
                Route.post("", Action.MIGRATE, this::start),
                Route.get("/{id}", Action.VIEW, request -> RestResponse.ok(view.write(bulk.show(request.part("id"))))),
                Route.delete("/{id}", Action.CANCEL, this::cancel).taking("vm"));
    }

    private RestResponse start(RestRequest request) {
        JsonFields body = request.json(MigrationOptionFields.and("vms", "destination"));
        List<VmAddress> vms = body.texts("vms").stream().map(VmOnHost::parse).toList();
        Optional<HostName> destination = body.text("destination").map(HostName::new);
        AuditTrail.note(
                request.request(),
                "%d VMs to %s"
                        .formatted(
                                vms.size(),
                                destination.map(host -> "host " + host).orElse("the hosts with most free VFs")));
        BulkMigration started = bulk.start(vms, destination, MigrationOptionFields.read(body));
        return RestResponse.json(HttpServletResponse.SC_CREATED, view.write(started))
                .with("Location", RestServlet.ROOT + "/bulk-migrations/" + started.id());
    }

    /** One VM with the parameter {@code vm}, otherwise all of them. */
    private RestResponse cancel(RestRequest request) {
        String id = request.part("id");
        BulkMigration cancelled = request.query("vm")
                .map(vm -> bulk.cancel(id, VmOnHost.parse(vm)))
                .orElseGet(() -> bulk.cancel(id));
        return RestResponse.json(HttpServletResponse.SC_ACCEPTED, view.write(cancelled));
    }
}

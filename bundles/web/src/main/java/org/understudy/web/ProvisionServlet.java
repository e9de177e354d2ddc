// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.JsonView;
import org.understudy.api.NicProvisioning;
import org.understudy.web.AuditTrail.AuditObject;

/**
 * {@code /provision/OCCASION?host=H}: accepts domain XML and returns domain XML and findings, for managers outside this JVM.
 * An occasion is one of {@link NicProvisioning.Occasion}; {@code arriving} leases VFs. The query parameter {@code nic}, which
 * may be repeated, names a NIC to become a pair; {@code pool}, {@code form} and {@code vf} describe its primary, and {@code
 * consent} accepts a risk. A refusal is a regular response with its findings, not an error. {@code /provision/passed} accepts
 * a {@link PassedReport}.
 */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/provision")
public final class ProvisionServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient NicProvisioning provisioning;

    @Activate
    public ProvisionServlet(@Reference JsonView view, @Reference NicProvisioning provisioning) {
        super(view);
        this.view = view;
        this.provisioning = provisioning;
    }

    @Override
    List<Route> routes() {
        return List.of(
                Route.post("/" + PassedReport.KEY, Action.PROVISION, this::passed)
                        .taking("host"),
                Route.post("/{occasion}", Action.PROVISION, this::provision)
                        .taking("host", "nic", "pool", "form", "vf", "consent"));
    }

    private RestResponse passed(RestRequest request) {
        PassedReport report = PassedReport.read(request.requiredQuery("host"), request.json(PassedReport.KEY));
        AuditTrail.note(request.request(), report.summary());
        report.apply(provisioning);
        return RestResponse.ok(PassedReport.ANSWER);
    }

    private RestResponse provision(RestRequest request) {
        ProvisionRequest provisionRequest = new ProvisionRequest(
                request.part("occasion"),
                request.requiredQuery("host"),
                request.document(),
                request.queries("nic").toList(),
                request.query("pool"),
                request.query("form"),
                request.query("vf"),
                request.queries("consent").toList());
        AuditTrail.concerns(request.request(), AuditObject.of(provisionRequest.definition(), provisionRequest.host()));
        AuditTrail.note(request.request(), provisionRequest.occasion());
        return RestResponse.ok(view.write(provisionRequest.apply(provisioning)));
    }
}

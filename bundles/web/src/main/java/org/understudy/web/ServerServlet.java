// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Optional;
import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.Doctor;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.JsonView;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.PoolView;
import org.understudy.api.VirtualMachines;

/**
 * {@code /hosts}, {@code /pools}, {@code /vfs}, {@code /words}, {@code /doctor} and
 * {@code /lint}: what is not specific to a VM or a migration.
 */
@Component(service = HttpServlet.class, property = DispatcherServlet.PATH + "=/api/v1")
public final class ServerServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient VirtualMachines vms;
    private final transient Pairs pairs;
    private final transient Doctor doctor;
    private final transient Policies policies;
    private final transient Optional<HostNics> nics;

    @Activate
    public ServerServlet(
            @Reference JsonView view,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Doctor doctor,
            @Reference Policies policies,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL, policyOption = ReferencePolicyOption.GREEDY)
                    Optional<HostNics> nics) {
        super(view);
        this.view = view;
        this.vms = vms;
        this.pairs = pairs;
        this.doctor = doctor;
        this.policies = policies;
        this.nics = nics;
    }

    @Override
    RestResponse answer(String method, RestRequest restRequest) {
        return switch (method + " " + String.join("/", restRequest.path())) {
            case "GET hosts" -> RestResponse.ok(view.write(vms.hosts()));
            case "GET pools" -> RestResponse.ok(view.write(pools()));
            case "GET vfs" ->
                RestResponse.ok(view.write(nics.map(HostNics::inventories).orElse(List.of())));
            case "GET words" -> RestResponse.ok(view.write(DisplayNames.all()));
            case "GET doctor" -> RestResponse.ok(view.write(doctor.examine()));
            case "POST lint" ->
                RestResponse.ok(view.write(pairs.lint(
                        restRequest.document(), restRequest.query("host").map(HostName::new))));
            default -> throw unknown(method, restRequest);
        };
    }

    /** From the configuration alone if the bundle hostnic is not active. */
    private List<PoolView> pools() {
        return nics.map(HostNics::pools)
                .orElseGet(() ->
                        policies.current().pools().stream().map(PoolView::of).toList());
    }
}

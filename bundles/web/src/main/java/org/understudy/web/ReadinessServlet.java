// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.Readiness;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

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
        Listing.requireKnown(request, Set.of("host", "vm"));
        Optional<HostName> host = request.query("host").map(HostName::new);
        List<String> named = request.queries("vm").toList();
        return RestResponse.ok(view.write(
                named.isEmpty()
                        ? readiness.evaluate(host)
                        : readiness.evaluateVms(named.stream()
                                .flatMap(vm -> address(vm, host).stream())
                                .collect(Collectors.toUnmodifiableSet()))));
    }

    /** Empty if the address names another host. */
    private static Optional<VmAddress> address(String text, Optional<HostName> host) {
        VmAddress vm = VmOnHost.parse(text);
        if (host.isEmpty()) {
            return Optional.of(vm);
        } else if (vm instanceof VmOnHost onHost) {
            return Optional.of(vm).filter(one -> onHost.host().equals(host.get()));
        }
        return Optional.of(new VmOnHost(host.get(), text));
    }
}

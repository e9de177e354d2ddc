// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.Action;
import org.understudy.api.Doctor;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.HostView;
import org.understudy.api.JsonView;
import org.understudy.api.NicInventory;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.PoolView;
import org.understudy.api.VirtualMachines;

/**
 * {@code /hosts}, {@code /pools}, {@code /vfs}, {@code /findings}, {@code /configuration}, {@code /words}, {@code /health}
 * and {@code /lint}: what is not specific to a VM or a migration.
 */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1")
public final class ServerServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient VirtualMachines vms;
    private final transient Pairs pairs;
    private final transient Doctor doctor;
    private final transient Policies policies;
    private final transient EventHub events;
    private final transient Optional<HostNics> nics;

    @Activate
    public ServerServlet(
            @Reference JsonView view,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Doctor doctor,
            @Reference Policies policies,
            @Reference EventHub events,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL, policyOption = ReferencePolicyOption.GREEDY)
                    Optional<HostNics> nics) {
        super(view);
        this.view = view;
        this.vms = vms;
        this.pairs = pairs;
        this.doctor = doctor;
        this.policies = policies;
        this.events = events;
        this.nics = nics;
    }

    @Override
    List<Route> routes() {
        return List.of(
                Route.get("/hosts", Action.VIEW, this::hosts),
                Route.get("/pools", Action.VIEW, this::pools),
                Route.get("/vfs", Action.VIEW, this::vfs),
                Route.get("/findings", Action.VIEW, this::findings),
                Route.get("/doctor", Action.VIEW, this::findings),
                Route.get(
                        "/configuration",
                        Action.VIEW,
                        request -> RestResponse.ok(view.write(MaskedPolicy.of(policies.current())))),
                Route.get("/words", Action.VIEW, request -> RestResponse.ok(view.write(DisplayNames.all()))),
                Route.get("/openapi.json", Action.VIEW, request -> ApiServlet.description()),
                Route.post("/lint", Action.VIEW, this::lint).taking("host"),
                Route.get("/health", Action.VIEW, this::health));
    }

    private RestResponse hosts(RestRequest request) {
        String id = events.lastId();
        return new Listing<HostView>(view, host -> host.name().value())
                .filter(
                        "available",
                        (host, value) -> String.valueOf(host.available()).equals(value))
                .filter("connector", (host, value) -> host.connector().equals(value))
                .filter("q", (host, text) -> Listing.contains(host.name() + " " + host.summary(), text))
                .sort("name", host -> host.name().value())
                .sort("connector", HostView::connector)
                .sort("available", host -> String.valueOf(host.available()))
                .answer(request, vms.hosts())
                .with(EventHub.ID_HEADER, id);
    }

    private RestResponse pools(RestRequest request) {
        String id = events.lastId();
        return new Listing<PoolView>(view, pool -> pool.name().value())
                .filter(
                        "host",
                        (pool, host) -> pool.stocks().stream()
                                .anyMatch(stock -> stock.host().value().equals(host)))
                .filter("kind", (pool, kind) -> EnumParser.word(pool.kind()).equals(kind))
                .filter("q", (pool, text) -> Listing.contains(pool.name().value(), text))
                .sort("name", pool -> pool.name().value())
                .sort("kind", pool -> EnumParser.word(pool.kind()))
                .answer(request, pools())
                .with(EventHub.ID_HEADER, id);
    }

    private RestResponse vfs(RestRequest request) {
        String id = events.lastId();
        return new Listing<NicInventory>(view, inventory -> inventory.host().value())
                .filter("host", (inventory, host) -> inventory.host().value().equals(host))
                .sort("host", inventory -> inventory.host().value())
                .answer(request, nics.map(HostNics::inventories).orElse(List.of()))
                .with(EventHub.ID_HEADER, id);
    }

    private RestResponse findings(RestRequest request) {
        return new Listing<Finding>(view, Finding::toString)
                .filter(
                        "severity",
                        (finding, severity) ->
                                EnumParser.word(finding.severity()).equals(severity))
                .filter(
                        "code",
                        (finding, code) -> EnumParser.word(finding.code()).equals(code))
                .filter("q", (finding, text) -> Listing.contains(finding.subject() + " " + finding.message(), text))
                .sort("severity", finding -> EnumParser.word(finding.severity()))
                .sort("code", finding -> EnumParser.word(finding.code()))
                .sort("subject", Finding::subject)
                .answer(request, doctor.examine());
    }

    private RestResponse lint(RestRequest request) {
        return RestResponse.ok(
                view.write(pairs.lint(request.document(), request.query("host").map(HostName::new))));
    }

    /** For load balancers and monitoring: cheap, and without a call to a host. */
    private RestResponse health(RestRequest request) {
        List<HostView> hosts = vms.hosts();
        long available = hosts.stream().filter(HostView::available).count();
        return RestResponse.ok(view.write(Map.of(
                "status",
                available == hosts.size() ? "up" : "degraded",
                "hosts",
                hosts.size(),
                "hostsAvailable",
                available)));
    }

    /** From the configuration alone if the bundle hostnic is not active. */
    private List<PoolView> pools() {
        return nics.map(HostNics::pools)
                .orElseGet(() ->
                        policies.current().pools().stream().map(PoolView::of).toList());
    }
}

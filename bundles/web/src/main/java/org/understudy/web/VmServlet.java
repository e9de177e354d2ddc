// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.GuestChecks;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.MacAddress;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.PairChange;
import org.understudy.api.Pairs;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.api.VmOnHost;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Passwords;
import org.understudy.api.xml.XmlElement;
import org.understudy.web.AuditTrail.AuditObject;

/** {@code /vms}: lists VMs, and shows, changes and controls one of them. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/vms")
public final class VmServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient VirtualMachines vms;
    private final transient Pairs pairs;
    private final transient Migrations migrations;
    private final transient EventHub events;
    private final transient GuestChecks guests;
    private final transient PairRoutes pairRoutes;

    @Activate
    public VmServlet(
            @Reference JsonView view,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Migrations migrations,
            @Reference EventHub events,
            @Reference GuestChecks guests) {
        super(view);
        this.view = view;
        this.vms = vms;
        this.pairs = pairs;
        this.migrations = migrations;
        this.events = events;
        this.guests = guests;
        this.pairRoutes = new PairRoutes(view, vms, pairs);
    }

    @Override
    List<Route> routes() {
        List<Route> routes = new ArrayList<>(List.of(
                Route.get("", Action.VIEW, this::list),
                Route.post("", Action.DEFINE, this::define).taking("host"),
                Route.get("/{vm}", Action.VIEW, request -> RestResponse.ok(view.write(vms.show(request.vm())))),
                Route.delete("/{vm}", Action.UNDEFINE, this::undefine),
                Route.get("/{vm}/definition", Action.READ_DEFINITION, this::definition)
                        .writing(RestResponse.XML),
                Route.put("/{vm}/definition", Action.DEFINE, this::redefine),
                Route.get(
                        "/{vm}/guest", Action.VIEW, request -> RestResponse.ok(view.write(vms.examine(request.vm())))),
                Route.post(
                        "/{vm}/guest-check",
                        Action.CHECK_GUEST,
                        request -> RestResponse.ok(view.write(guests.check(request.vm())))),
                Route.get("/{vm}/lint", Action.VIEW, request -> RestResponse.ok(view.write(pairs.lint(request.vm())))),
                Route.post("/{vm}/fix", Action.DEFINE, this::fix).taking("dry-run"),
                Route.get("/{vm}/preflight", Action.VIEW, this::preflight)));
        routes.addAll(pairRoutes.routes());
        routes.add(power("start", vms::start));
        routes.add(power("shutdown", vms::shutdown));
        routes.add(power("destroy", vms::destroy));
        routes.add(power("reset", vms::reset));
        routes.add(power("pause", vms::pause));
        routes.add(power("resume", vms::resume));
        return routes;
    }

    private Route power(String verb, Consumer<VmAddress> action) {
        return Route.post("/{vm}/" + verb, Action.POWER, request -> {
            VmAddress vm = request.vm();
            action.accept(vm);
            return RestResponse.ok(view.write(vms.show(vm)));
        });
    }

    private RestResponse list(RestRequest request) {
        // Read first: a change between the two is in the events as well.
        String id = events.lastId();
        VmInventory all = vms.list();
        return new Listing<Vm>(view, vm -> vm.host() + "/" + vm.uuid())
                .filter("host", (vm, host) -> vm.host().value().equals(host))
                .filter(
                        "pool",
                        (vm, pool) -> vm.pairs().stream()
                                .anyMatch(pair -> pair.pool()
                                        .filter(p -> p.value().equals(pool))
                                        .isPresent()))
                .filter(
                        "health",
                        (vm, health) -> vm.pairs().stream()
                                .anyMatch(pair -> EnumParser.word(pair.health()).equals(health)))
                .filter("state", (vm, state) -> EnumParser.word(vm.state()).equals(state))
                .filter("q", VmServlet::contains)
                .sort("name", vm -> vm.name().value())
                .sort("host", vm -> vm.host().value())
                .sort("state", vm -> EnumParser.word(vm.state()))
                .sort(
                        "health",
                        vm -> vm.pairs().stream()
                                .map(pair -> EnumParser.word(pair.health()))
                                .max(Comparator.naturalOrder())
                                .orElse(""))
                .answer(request, all.vms(), page -> new VmInventory(page, all.findings()), "vms")
                .with(EventHub.ID_HEADER, id);
    }

    private static boolean contains(Vm vm, String text) {
        return Stream.concat(
                        Stream.of(
                                vm.name().value(),
                                vm.uuid().toString(),
                                vm.host().value()),
                        vm.nics().stream().flatMap(nic -> nic.mac().stream()).map(MacAddress::toString))
                .anyMatch(value -> Listing.contains(value, text));
    }

    private RestResponse define(RestRequest request) {
        HostName host = new HostName(request.requiredQuery("host"));
        String document = request.document();
        AuditTrail.concerns(request.request(), AuditObject.of(document, host.value()));
        RestResponse defined =
                RestResponse.json(HttpServletResponse.SC_CREATED, view.write(vms.define(host, document)));
        return name(document)
                .map(name -> vms.show(new VmOnHost(host, name)))
                .map(vm -> defined.with("Location", RestServlet.ROOT + "/vms/" + vm.uuid() + "?host=" + host))
                .orElse(defined);
    }

    private static Optional<String> name(String document) {
        return DomainDocument.parse(document).root().child("name").map(XmlElement::text);
    }

    private RestResponse undefine(RestRequest request) {
        VmAddress vm = request.vm();
        DefinitionTag.requireMatch(request, () -> vms.definition(vm));
        vms.undefine(vm);
        return RestResponse.ok("{}");
    }

    private RestResponse definition(RestRequest request) {
        String definition = vms.definition(request.vm());
        return RestResponse.xml(definition).with("ETag", DefinitionTag.of(definition));
    }

    /** Replaces the definition of an existing VM; one of another VM is refused, because it would be a second VM. */
    private RestResponse redefine(RestRequest request) {
        String document = request.document();
        Vm vm = vms.show(request.vm());
        if (!name(document).equals(Optional.of(vm.name().value()))) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "The definition does not have the name of VM " + vm.name());
        }
        VmAddress here = new VmOnHost(vm.host(), vm.uuid().toString());
        DefinitionTag.requireMatch(request, () -> vms.definition(here));
        return RestResponse.ok(view.write(vms.define(vm.host(), document)))
                .with("ETag", DefinitionTag.of(vms.definition(here)));
    }

    /** Applies the safe fixes to the definition; with {@code dry-run} it stores nothing. */
    private RestResponse fix(RestRequest request) {
        Vm vm = vms.show(request.vm());
        VmAddress here = new VmOnHost(vm.host(), vm.uuid().toString());
        String before = vms.definition(here);
        DefinitionTag.requireMatch(request, () -> before);
        PairChange change = pairs.fix(before, Optional.of(vm.host()));
        if (request.flag("dry-run")) {
            return PlannedChange.response(view, request, before, change);
        }
        if (change.changed()) {
            vms.define(vm.host(), change.definition());
        }
        return RestResponse.ok(view.write(Passwords.masked(change))).with("ETag", DefinitionTag.of(before));
    }

    private RestResponse preflight(RestRequest request) {
        HostName destination = new HostName(request.requiredQuery("destination"));
        MigrationOptions defaults = MigrationOptions.defaults();
        return RestResponse.ok(view.write(migrations.preflight(
                request.vm(), destination, request.flag("acceptStandby") ? defaults.acceptingStandby() : defaults)));
    }
}

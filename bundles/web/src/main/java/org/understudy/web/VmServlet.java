// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Consent;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;
import org.understudy.api.xml.Passwords;
import org.understudy.web.AuditTrail.AuditObject;

/** {@code /vms}: lists VMs, and shows, changes and controls one of them. */
@Component(service = HttpServlet.class, property = DispatcherServlet.PATH + "=/api/v1/vms")
public final class VmServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient VirtualMachines vms;
    private final transient Pairs pairs;
    private final transient Migrations migrations;

    @Activate
    public VmServlet(
            @Reference JsonView view,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Migrations migrations) {
        super(view);
        this.view = view;
        this.vms = vms;
        this.pairs = pairs;
        this.migrations = migrations;
    }

    @Override
    RestResponse answer(String method, RestRequest restRequest) {
        return switch (restRequest.path().size()) {
            case 0 -> all(method, restRequest);
            case 1 -> one(method, restRequest, address(restRequest));
            case 2 -> part(method, restRequest, address(restRequest));
            default -> throw unknown(method, restRequest);
        };
    }

    /** The name or UUID in the path, on the host in the query if it names one: a path cannot contain every name. */
    private static VmAddress address(RestRequest restRequest) {
        String vm = restRequest.part(0);
        return restRequest
                .query("host")
                .<VmAddress>map(host -> new VmOnHost(new HostName(host), vm))
                .orElseGet(() -> VmOnHost.withoutHost(vm));
    }

    private RestResponse all(String method, RestRequest restRequest) {
        return switch (method) {
            case "GET" -> RestResponse.ok(view.write(vms.list()));
            case "POST" -> define(restRequest);
            default -> throw unknown(method, restRequest);
        };
    }

    private RestResponse define(RestRequest restRequest) {
        String host = restRequest.requiredQuery("host");
        String definition = restRequest.document();
        AuditTrail.concerns(restRequest.request(), AuditObject.of(definition, host));
        return RestResponse.json(
                HttpServletResponse.SC_CREATED, view.write(vms.define(new HostName(host), definition)));
    }

    private RestResponse one(String method, RestRequest restRequest, VmAddress vm) {
        if (method.equals("DELETE")) {
            vms.undefine(vm);
            return RestResponse.ok("{}");
        }
        if (!method.equals("GET")) {
            throw unknown(method, restRequest);
        }
        return RestResponse.ok(view.write(vms.show(vm)));
    }

    private RestResponse part(String method, RestRequest restRequest, VmAddress vm) {
        return switch (method + " " + restRequest.part(1)) {
            case "GET definition" -> RestResponse.xml(vms.definition(vm));
            case "GET guest" -> RestResponse.ok(view.write(vms.examine(vm)));
            case "GET lint" -> RestResponse.ok(view.write(pairs.lint(vm)));
            case "GET preflight" -> RestResponse.ok(view.write(preflight(restRequest, vm)));
            case "POST pair" -> pairOn(restRequest, vm);
            case "DELETE pair" -> pairOff(restRequest, vm);
            case "POST start" -> control(vm, vms::start);
            case "POST shutdown" -> control(vm, vms::shutdown);
            case "POST destroy" -> control(vm, vms::destroy);
            case "POST reset" -> control(vm, vms::reset);
            case "POST pause" -> control(vm, vms::pause);
            case "POST resume" -> control(vm, vms::resume);
            default -> throw unknown(method, restRequest);
        };
    }

    private List<Finding> preflight(RestRequest restRequest, VmAddress vm) {
        HostName destination = new HostName(restRequest.requiredQuery("destination"));
        MigrationOptions defaults = MigrationOptions.defaults();
        return migrations.preflight(
                vm, destination, restRequest.flag("acceptStandby") ? defaults.acceptingStandby() : defaults);
    }

    private RestResponse control(VmAddress vm, Consumer<VmAddress> action) {
        action.accept(vm);
        return RestResponse.ok(view.write(vms.show(vm)));
    }

    private RestResponse pairOn(RestRequest restRequest, VmAddress vm) {
        JsonFields body = restRequest.json("nic", "pool", "form", "vf", "consents");
        PairRequest request = new PairRequest(
                NicSelector.parse(body.text("nic").orElse("only")),
                body.text("pool").map(PoolName::new),
                body.text("form").map(text -> EnumParser.parse(PrimaryForm.class, text)),
                body.text("vf").map(PciAddress::parse),
                body.texts("consents").stream()
                        .map(text -> EnumParser.parse(Consent.class, text))
                        .collect(Collectors.toSet()));
        boolean dryRun = restRequest.flag("dry-run");
        AuditTrail.note(restRequest.request(), dryRun ? "dry run" : "");
        return dryRun
                ? RestResponse.ok(view.write(Passwords.masked(pairs.planOn(
                        vms.definition(vm), request, Optional.of(vms.show(vm).host())))))
                : changed(vm, pairs.turnOn(vm, request));
    }

    private RestResponse pairOff(RestRequest restRequest, VmAddress vm) {
        NicSelector nic = NicSelector.parse(restRequest.query("nic").orElse("only"));
        return changed(vm, pairs.turnOff(vm, nic));
    }

    /** A refusal is an error here, so that no client mistakes it for success. */
    private RestResponse changed(VmAddress vm, PairChange change) {
        if (Finding.anyBlocking(change.findings())) {
            throw new UnderstudyException("The pair of VM " + vm + " was not changed", change.findings());
        }
        return RestResponse.ok(view.write(Passwords.masked(change)));
    }
}

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
import org.understudy.api.VmName;

/** {@code /vms}: what VMs there are and what is done to one of them. */
@Component(service = HttpServlet.class, property = FrontServlet.PATH + "=/api/v1/vms")
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
    Answer answer(String method, Call call) {
        return switch (call.path().size()) {
            case 0 -> all(method, call);
            case 1 -> one(method, call, new VmName(call.part(0)));
            case 2 -> part(method, call, new VmName(call.part(0)));
            default -> throw unknown(method, call);
        };
    }

    private Answer all(String method, Call call) {
        return switch (method) {
            case "GET" -> Answer.ok(view.write(vms.list()));
            case "POST" ->
                Answer.json(
                        HttpServletResponse.SC_CREATED,
                        view.write(vms.define(new HostName(call.requiredQuery("host")), call.document())));
            default -> throw unknown(method, call);
        };
    }

    private Answer one(String method, Call call, VmName vm) {
        if (method.equals("DELETE")) {
            vms.undefine(vm);
            return Answer.ok("{}");
        }
        if (!method.equals("GET")) {
            throw unknown(method, call);
        }
        return Answer.ok(view.write(vms.show(vm)));
    }

    private Answer part(String method, Call call, VmName vm) {
        return switch (method + " " + call.part(1)) {
            case "GET definition" -> Answer.xml(vms.definition(vm));
            case "GET guest" -> Answer.ok(view.write(vms.examine(vm)));
            case "GET lint" -> Answer.ok(view.write(pairs.lint(vm)));
            case "GET preflight" -> Answer.ok(view.write(preflight(call, vm)));
            case "POST pair" -> pairOn(call, vm);
            case "DELETE pair" -> pairOff(call, vm);
            case "POST start" -> done(vm, vms::start);
            case "POST shutdown" -> done(vm, vms::shutdown);
            case "POST destroy" -> done(vm, vms::destroy);
            case "POST reset" -> done(vm, vms::reset);
            case "POST pause" -> done(vm, vms::pause);
            case "POST resume" -> done(vm, vms::resume);
            default -> throw unknown(method, call);
        };
    }

    private List<Finding> preflight(Call call, VmName vm) {
        HostName destination = new HostName(call.requiredQuery("destination"));
        MigrationOptions usual = MigrationOptions.defaults();
        return migrations.preflight(vm, destination, call.flag("acceptStandby") ? usual.acceptingStandby() : usual);
    }

    private Answer done(VmName vm, Consumer<VmName> action) {
        action.accept(vm);
        return Answer.ok(view.write(vms.show(vm)));
    }

    private Answer pairOn(Call call, VmName vm) {
        Fields wish = call.json("nic", "pool", "form", "vf", "consents");
        PairRequest request = new PairRequest(
                NicSelector.parse(wish.text("nic").orElse("only")),
                wish.text("pool").map(PoolName::new),
                wish.text("form").map(text -> Constants.parse(PrimaryForm.class, text)),
                wish.text("vf").map(PciAddress::parse),
                wish.texts("consents").stream()
                        .map(text -> Constants.parse(Consent.class, text))
                        .collect(Collectors.toSet()));
        boolean dryRun = call.flag("dry-run");
        return dryRun
                ? Answer.ok(view.write(pairs.planOn(
                        vms.definition(vm), request, Optional.of(vms.show(vm).host()))))
                : changed(vm, pairs.turnOn(vm, request));
    }

    private Answer pairOff(Call call, VmName vm) {
        NicSelector nic = NicSelector.parse(call.query("nic").orElse("only"));
        return changed(vm, pairs.turnOff(vm, nic));
    }

    /** A refusal is an error here, so that no caller takes it for success. */
    private Answer changed(VmName vm, PairChange change) {
        if (Finding.anyBlocking(change.findings())) {
            throw new UnderstudyException("the pair of VM " + vm + " was not changed", change.findings());
        }
        return Answer.ok(view.write(change));
    }
}

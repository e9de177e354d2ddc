// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.servlet.http.HttpServletResponse;
import org.understudy.api.Action;
import org.understudy.api.Alias;
import org.understudy.api.Consent;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.NicSelector;
import org.understudy.api.Pair;
import org.understudy.api.PairChange;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.xml.Passwords;

/** {@code /vms/VM/pairs}: shows, adds and removes the pairs of one VM. */
final class PairRoutes {
    private static final String DRY_RUN = "dry-run";

    private final JsonView view;
    private final VirtualMachines vms;
    private final Pairs pairs;

    PairRoutes(JsonView view, VirtualMachines vms, Pairs pairs) {
        this.view = view;
        this.vms = vms;
        this.pairs = pairs;
    }

    List<Route> routes() {
        return List.of(
                Route.get("/{vm}/pairs", Action.VIEW, this::list),
                Route.post("/{vm}/pairs", Action.PAIR, this::add).taking(DRY_RUN),
                Route.get("/{vm}/pairs/{nic}", Action.VIEW, this::show),
                Route.get(
                        "/{vm}/vf-requirements",
                        Action.VIEW,
                        request -> RestResponse.ok(view.write(pairs.vfRequirements(request.vm())))),
                Route.delete(
                                "/{vm}/pairs/{nic}",
                                Action.PAIR,
                                request -> remove(request, NicSelector.parse(request.part("nic"))))
                        .taking(DRY_RUN),
                // The former form of these calls.
                Route.post("/{vm}/pair", Action.PAIR, request -> turnOn(request, request.vm()))
                        .taking(DRY_RUN),
                Route.delete(
                                "/{vm}/pair",
                                Action.PAIR,
                                request -> remove(
                                        request,
                                        NicSelector.parse(request.query("nic").orElse("only"))))
                        .taking(DRY_RUN, "nic"));
    }

    private RestResponse list(RestRequest request) {
        VmAddress vm = request.vm();
        return RestResponse.ok(view.write(vms.show(vm).pairs())).with("ETag", DefinitionTag.of(vms.definition(vm)));
    }

    private RestResponse show(RestRequest request) {
        Vm vm = vms.show(request.vm());
        NicSelector nic = NicSelector.parse(request.part("nic"));
        Pair pair = vm.pairs().stream()
                .filter(p -> isOf(vm, p, nic))
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.NIC_NOT_FOUND,
                        "VM " + vm.name() + " has no pair with NIC '" + request.part("nic") + "'"));
        return RestResponse.ok(view.write(pair));
    }

    private static boolean isOf(Vm vm, Pair pair, NicSelector nic) {
        if (nic instanceof NicSelector.ByMac byMac) {
            return pair.mac().equals(byMac.mac());
        }
        if (nic instanceof NicSelector.ByAlias byAlias) {
            return isOf(pair, byAlias.alias());
        }
        if (nic instanceof NicSelector.ByIndex byIndex) {
            return vm.nics().stream()
                    .filter(n -> n.index() == byIndex.index())
                    .anyMatch(n -> n.alias().filter(alias -> isOf(pair, alias)).isPresent());
        }
        return vm.pairs().size() == 1;
    }

    private static boolean isOf(Pair pair, Alias alias) {
        return pair.standby().equals(alias) || pair.primary().equals(alias);
    }

    private RestResponse add(RestRequest request) {
        VmAddress vm = request.vm();
        if (request.flag(DRY_RUN)) {
            return turnOn(request, vm);
        }
        Set<Alias> before = standbys(vms.show(vm));
        RestResponse response = turnOn(request, vm);
        Vm after = vms.show(vm);
        return standbys(after).stream()
                .filter(alias -> !before.contains(alias))
                .findFirst()
                .map(alias -> response.as(HttpServletResponse.SC_CREATED)
                        .with("Location", RestServlet.ROOT + "/vms/" + after.uuid() + "/pairs/" + alias))
                .orElse(response);
    }

    private static Set<Alias> standbys(Vm vm) {
        return vm.pairs().stream().map(Pair::standby).collect(Collectors.toSet());
    }

    private RestResponse turnOn(RestRequest request, VmAddress vm) {
        JsonFields body = request.json("nic", "pool", "form", "vf", "consents");
        PairRequest wanted = new PairRequest(
                NicSelector.parse(body.text("nic").orElse("only")),
                body.text("pool").map(PoolName::new),
                body.text("form").map(text -> EnumParser.parse(PrimaryForm.class, text)),
                body.text("vf").map(PciAddress::parse),
                body.texts("consents").stream()
                        .map(text -> EnumParser.parse(Consent.class, text))
                        .collect(Collectors.toSet()));
        if (request.flag(DRY_RUN)) {
            Optional<HostName> host = Optional.of(vms.show(vm).host());
            return planned(request, vm, before -> pairs.planOn(before, wanted, host));
        }
        DefinitionTag.requireMatch(request, () -> vms.definition(vm));
        return changed(vm, pairs.turnOn(vm, wanted));
    }

    private RestResponse remove(RestRequest request, NicSelector nic) {
        VmAddress vm = request.vm();
        if (request.flag(DRY_RUN)) {
            return planned(request, vm, before -> pairs.planOff(before, nic));
        }
        DefinitionTag.requireMatch(request, () -> vms.definition(vm));
        return changed(vm, pairs.turnOff(vm, nic));
    }

    private RestResponse planned(RestRequest request, VmAddress vm, Function<String, PairChange> plan) {
        String before = vms.definition(vm);
        DefinitionTag.requireMatch(request, () -> before);
        return PlannedChange.response(view, request, before, plan.apply(before));
    }

    /** A refusal is an error here, so that no client mistakes it for success. */
    private RestResponse changed(VmAddress vm, PairChange change) {
        if (Finding.anyBlocking(change.findings())) {
            throw new UnderstudyException("The pair of VM " + vm + " was not changed", change.findings());
        }
        return RestResponse.ok(view.write(Passwords.masked(change)));
    }
}

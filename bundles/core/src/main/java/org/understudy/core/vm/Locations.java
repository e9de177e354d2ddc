// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.core.watch.SideBySide;

/** Finds VMs among the hosts. An OSGi service within this bundle. */
@Component(service = Locations.class)
public final class Locations {
    /** Who is believed if several hosts hold a VM: the one where it runs. */
    private static final List<VmState> BELIEVED =
            List.of(VmState.RUNNING, VmState.PAUSED, VmState.UNKNOWN, VmState.SHUTOFF);

    private final HostRegistry hosts;

    @Activate
    public Locations(@Reference HostRegistry hosts) {
        this.hosts = hosts;
    }

    /**
     * What the hosts said.
     *
     * @param claims by VM, each host that holds it; a QEMU that only receives it is none
     * @param incoming the QEMUs that only receive
     * @param silent hosts that are not open or did not answer, with the reason
     */
    public record Survey(Map<VmName, List<Location>> claims, List<Location> incoming, List<String> silent) {}

    /** Asks every open host for all its VMs; blocks for their answers. */
    public Survey survey() {
        return survey(Host::vms);
    }

    /** Asks every open host for one VM alone. */
    private Survey survey(VmName vm) {
        return survey(host -> host.find(vm).stream().toList());
    }

    private Survey survey(Function<Host, List<HostedVm>> question) {
        Survey survey = new Survey(new TreeMap<>(), new ArrayList<>(), new ArrayList<>());
        hosts.unopened().forEach(name -> survey.silent().add(name + " (not open)"));
        SideBySide.ask(hosts.all(), host -> noted(survey, host, question)).forEach(Runnable::run);
        return survey;
    }

    /** Asks now, and writes the answer down when it is run, on the one thread that does. */
    private static Runnable noted(Survey survey, Host host, Function<Host, List<HostedVm>> question) {
        try {
            List<HostedVm> vms = question.apply(host);
            return () -> vms.forEach(vm -> note(survey, new Location(host, vm)));
        } catch (UnderstudyException e) {
            return () -> survey.silent().add(host.name() + " (" + e.getMessage() + ")");
        }
    }

    private static void note(Survey survey, Location location) {
        HostedVm vm = location.vm();
        if (vm.state() == VmState.INCOMING) {
            survey.incoming().add(location);
        } else {
            survey.claims().computeIfAbsent(vm.name(), n -> new ArrayList<>()).add(location);
        }
    }

    /** The claims that are believed: one, or several if nobody can tell which is right. */
    public static List<Location> believed(List<Location> claims) {
        int best = claims.stream().mapToInt(Locations::rank).min().orElse(0);
        return claims.stream().filter(c -> rank(c) == best).toList();
    }

    private static int rank(Location location) {
        return BELIEVED.indexOf(location.vm().state());
    }

    /**
     * The one place where a VM is.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}; {@link ErrorCode#HOST_UNAVAILABLE} if it is on no
     *     host that answers; {@link ErrorCode#REFUSED_BY_FINDINGS} if two hosts claim it with equal right
     */
    public Location of(VmName vm) {
        Survey survey = survey(vm);
        List<Location> believed = believed(survey.claims().getOrDefault(vm, List.of()));
        if (believed.size() > 1) {
            Finding twice = heldTwice(vm, believed);
            throw new UnderstudyException(twice.message(), List.of(twice));
        } else if (believed.isEmpty()) {
            throw absent(vm, survey.silent());
        }
        return believed.get(0);
    }

    private static UnderstudyException absent(VmName vm, List<String> silent) {
        return silent.isEmpty()
                ? new UnderstudyException(ErrorCode.VM_NOT_FOUND, "No host has a VM '" + vm + "'")
                : new UnderstudyException(
                        ErrorCode.HOST_UNAVAILABLE,
                        "No host that answers has a VM '" + vm + "'; not asked: " + String.join(", ", silent));
    }

    /** The finding for a VM that several hosts hold. */
    public static Finding heldTwice(VmName vm, List<Location> claims) {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + vm,
                "VM '" + vm + "' is "
                        + String.join(
                                " and ", claims.stream().map(Location::toString).toList()),
                "Find out which one is right, then end and undefine the other one on its host.");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;

/** Finds VMs among the hosts. An OSGi service within this bundle. */
@Component(service = VmLocator.class)
public final class VmLocator implements AutoCloseable {
    /** Who is believed if several hosts hold a VM: the one where it runs. */
    private static final List<VmState> BELIEVED =
            List.of(VmState.RUNNING, VmState.PAUSED, VmState.UNKNOWN, VmState.SHUTOFF);

    /**
     * How long hosts have to find one VM; a host that hangs delays a start by no more than this. It is more than a connector
     * waits for a QEMU that does not answer, so that the VM of such a QEMU is still found.
     */
    private static final Duration FIND_LIMIT = Duration.ofSeconds(8);
    /** How long hosts have to list their VMs, several of which may not answer. */
    private static final Duration LIST_LIMIT = Duration.ofSeconds(30);

    private final HostRegistry hosts;
    private final DeadlineFanOut fanOut;

    @Activate
    public VmLocator(@Reference HostRegistry hosts) {
        this(
                hosts,
                (limit, task) -> CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(task));
    }

    /** @param timer runs a task after a time */
    public VmLocator(HostRegistry hosts, BiConsumer<Duration, Runnable> timer) {
        this.hosts = hosts;
        this.fanOut = new DeadlineFanOut(timer);
    }

    @Override
    @Deactivate
    public void close() {
        fanOut.close();
    }

    /** How many questions to hosts are not answered yet. */
    public int inFlight() {
        return fanOut.inFlight();
    }

    /**
     * What the hosts answered.
     *
     * @param claims by VM, each host that holds it; a QEMU that only receives it is none
     * @param incoming the QEMUs that only receive
     * @param silent hosts that are not open, failed to answer, or did not answer in time
     */
    public record Survey(Map<VmName, List<VmLocation>> claims, List<VmLocation> incoming, List<UnansweredHost> silent) {

        /**
         * The one place where a VM is.
         *
         * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}; {@link ErrorCode#HOST_UNAVAILABLE} if it is on no
         *     host that answers; {@link ErrorCode#REFUSED_BY_FINDINGS} if two hosts claim it with equal right
         */
        public VmLocation place(VmName vm) {
            List<VmLocation> believed = believed(claims.getOrDefault(vm, List.of()));
            if (believed.size() > 1) {
                Finding twice = onSeveralHosts(vm, believed);
                throw new UnderstudyException(twice.message(), List.of(twice));
            } else if (believed.isEmpty()) {
                throw absent(vm, silent);
            }
            return believed.get(0);
        }

        /** Whether this host gave no answer, for whatever reason. */
        public boolean isSilent(HostName host) {
            return silent.stream().anyMatch(s -> s.host().equals(host));
        }

        /** What is not known of a VM, because hosts gave no answer. */
        public List<Finding> doubts(VmName vm) {
            return silent.stream().map(s -> s.finding(vm)).toList();
        }
    }

    /** Asks every open host for all its VMs; blocks for their answers, for half a minute at most. */
    public Survey survey() {
        return survey(LIST_LIMIT, Host::vms);
    }

    /** Asks every open host for one VM alone; blocks for their answers, for a few seconds at most. */
    public Survey survey(VmName vm) {
        return survey(FIND_LIMIT, host -> host.find(vm).stream().toList());
    }

    private Survey survey(Duration limit, Function<Host, List<HostedVm>> question) {
        Survey survey = new Survey(new TreeMap<>(), new ArrayList<>(), new ArrayList<>());
        hosts.unopened()
                .forEach(name -> survey.silent().add(new UnansweredHost(name, "is not open", Optional.empty())));
        fanOut.ask(
                limit,
                hosts.all(),
                question,
                (host, vms) -> vms.forEach(vm -> note(survey, new VmLocation(host, vm))),
                survey.silent()::add);
        return survey;
    }

    private static void note(Survey survey, VmLocation location) {
        HostedVm vm = location.vm();
        if (vm.state() == VmState.INCOMING) {
            survey.incoming().add(location);
        } else {
            survey.claims().computeIfAbsent(vm.name(), n -> new ArrayList<>()).add(location);
        }
    }

    /** The claims that are believed: one, or several if nobody can tell which is right. */
    public static List<VmLocation> believed(List<VmLocation> claims) {
        int best = claims.stream().mapToInt(VmLocator::rank).min().orElse(0);
        return claims.stream().filter(c -> rank(c) == best).toList();
    }

    private static int rank(VmLocation location) {
        return BELIEVED.indexOf(location.vm().state());
    }

    /**
     * The one place where a VM is. Blocks as {@link #survey(VmName)} does.
     *
     * @throws UnderstudyException as {@link Survey#place}
     */
    public VmLocation of(VmName vm) {
        return survey(vm).place(vm);
    }

    private static UnderstudyException absent(VmName vm, List<UnansweredHost> silent) {
        if (silent.isEmpty()) {
            return new UnderstudyException(ErrorCode.VM_NOT_FOUND, "No host has a VM '" + vm + "'");
        }
        String hosts = silent.stream().map(UnansweredHost::toString).collect(Collectors.joining(", "));
        UnderstudyException absent = new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "No host that answers has a VM '" + vm + "'; no answer from: " + hosts);
        silent.forEach(s -> s.cause().ifPresent(absent::addSuppressed));
        return absent;
    }

    /** The finding for a VM that several hosts hold. */
    public static Finding onSeveralHosts(VmName vm, List<VmLocation> claims) {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + vm,
                "VM '" + vm + "' is "
                        + String.join(
                                " and ",
                                claims.stream().map(VmLocation::toString).toList()),
                "Find out which one is right, then end and undefine the other one on its host.");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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
import org.understudy.concurrent.DeadlineFanOut;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** Finds VMs among the hosts. An OSGi service within this bundle. */
@Component(service = VmLocator.class)
public final class VmLocator implements AutoCloseable {
    /** The order in which the states of a VM that several hosts hold are trusted: the host where it runs comes first. */
    private static final List<VmState> PRECEDENCE =
            List.of(VmState.RUNNING, VmState.PAUSED, VmState.UNKNOWN, VmState.SHUTOFF);

    /**
     * The limit for finding one VM, and the longest delay that a host that hangs causes for a start. It is longer than the
     * time a connector waits for a QEMU that does not answer, so that the VM of such a QEMU is still found.
     */
    private static final Duration FIND_LIMIT = Duration.ofSeconds(8);
    /** The limit for listing VMs, several of which may not answer. */
    private static final Duration LIST_LIMIT = Duration.ofSeconds(30);

    private final HostRegistry hosts;
    private final DeadlineFanOut fanOut;

    @Activate
    public VmLocator(@Reference HostRegistry hosts) {
        this(hosts, SystemScheduler.process());
    }

    public VmLocator(HostRegistry hosts, Scheduler scheduler) {
        this.hosts = hosts;
        this.fanOut = new DeadlineFanOut(scheduler);
    }

    @Override
    @Deactivate
    public void close() {
        fanOut.close();
    }

    /** The number of calls to hosts that have not returned. */
    public int inFlight() {
        return fanOut.inFlight();
    }

    /**
     * The answers of the hosts.
     *
     * @param claims by VM, each host that holds it, without a QEMU that only receives it
     * @param incoming the QEMUs that only receive
     * @param unanswered hosts that are not open, failed to answer, or did not answer in time
     */
    public record Survey(
            Map<VmName, List<VmLocation>> claims, List<VmLocation> incoming, List<UnansweredHost> unanswered) {

        /**
         * Returns the location of a VM.
         *
         * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}; {@link ErrorCode#HOST_UNAVAILABLE} if no host that
         *     answers has it; {@link ErrorCode#REFUSED_BY_FINDINGS} if several hosts have it in the same state
         */
        public VmLocation locate(VmName vm) {
            List<VmLocation> authoritative = authoritative(claims.getOrDefault(vm, List.of()));
            if (authoritative.size() > 1) {
                Finding duplicate = onSeveralHosts(vm, authoritative);
                throw new UnderstudyException(duplicate.message(), List.of(duplicate));
            } else if (authoritative.isEmpty()) {
                throw absent(vm, unanswered);
            }
            return authoritative.get(0);
        }

        /** Whether this host is not open or did not answer. */
        public boolean isUnanswered(HostName host) {
            return unanswered.stream().anyMatch(s -> s.host().equals(host));
        }

        /** A finding for each host that may have the VM but did not answer. */
        public List<Finding> unansweredFindings(VmName vm) {
            return unanswered.stream().map(s -> s.finding(vm)).toList();
        }
    }

    /** Reads all VMs of every open host. Blocks for up to 30 s. */
    public Survey survey() {
        return survey(LIST_LIMIT, Host::vms);
    }

    /** Reads one VM from every open host. Blocks for up to 8 s. */
    public Survey survey(VmName vm) {
        return survey(FIND_LIMIT, host -> host.find(vm).stream().toList());
    }

    /**
     * Calls a function with each of these hosts. Blocks for up to 30 s.
     *
     * @param failed receives each host that failed to answer, or did not answer in time
     */
    public <R> void call(
            List<Host> some,
            Function<Host, R> function,
            BiConsumer<Host, R> returned,
            Consumer<UnansweredHost> failed) {
        fanOut.call(
                LIST_LIMIT,
                some,
                function,
                returned,
                (host, reason, cause) -> failed.accept(new UnansweredHost(host, reason, cause)));
    }

    private Survey survey(Duration limit, Function<Host, List<HostedVm>> reader) {
        Survey survey = new Survey(new TreeMap<>(), new ArrayList<>(), new ArrayList<>());
        hosts.unopened()
                .forEach(name -> survey.unanswered().add(new UnansweredHost(name, "is not open", Optional.empty())));
        fanOut.call(
                limit,
                hosts.all(),
                reader,
                (host, vms) -> vms.forEach(vm -> add(survey, new VmLocation(host, vm))),
                (host, reason, cause) -> survey.unanswered().add(new UnansweredHost(host, reason, cause)));
        return survey;
    }

    private static void add(Survey survey, VmLocation location) {
        HostedVm vm = location.vm();
        if (vm.state() == VmState.INCOMING) {
            survey.incoming().add(location);
        } else {
            survey.claims().computeIfAbsent(vm.name(), n -> new ArrayList<>()).add(location);
        }
    }

    /** The claims of the highest precedence: one, or several if the VM has the same state on several hosts. */
    public static List<VmLocation> authoritative(List<VmLocation> claims) {
        int best = claims.stream().mapToInt(VmLocator::rank).min().orElse(0);
        return claims.stream().filter(c -> rank(c) == best).toList();
    }

    private static int rank(VmLocation location) {
        return PRECEDENCE.indexOf(location.vm().state());
    }

    /**
     * Returns the location of a VM. Blocks as {@link #survey(VmName)} does.
     *
     * @throws UnderstudyException as {@link Survey#locate}
     */
    public VmLocation locate(VmName vm) {
        return survey(vm).locate(vm);
    }

    private static UnderstudyException absent(VmName vm, List<UnansweredHost> unanswered) {
        if (unanswered.isEmpty()) {
            return new UnderstudyException(ErrorCode.VM_NOT_FOUND, "VM '" + vm + "' is on no host");
        }
        String hosts = unanswered.stream().map(UnansweredHost::toString).collect(Collectors.joining(", "));
        UnderstudyException absent = new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "VM '" + vm + "' is on no host that answers; no answer from: " + hosts);
        unanswered.forEach(s -> s.cause().ifPresent(absent::addSuppressed));
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
                "Decide which host has the valid copy, then destroy and undefine the VM on the other host.");
    }
}

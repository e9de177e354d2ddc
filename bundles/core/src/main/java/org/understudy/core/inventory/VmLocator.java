// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.api.VmUuid;
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
         *     answers has it; {@link ErrorCode#VM_AMBIGUOUS} if several VMs have this name; {@link
         *     ErrorCode#REFUSED_BY_FINDINGS} if several hosts have it in the same state
         */
        public VmLocation locate(VmAddress vm) {
            List<VmLocation> authoritative = authoritative(matching(vm));
            if (authoritative.isEmpty()) {
                throw absent(vm, unanswered);
            }
            VmLocation first = authoritative.get(0);
            if (authoritative.stream()
                    .anyMatch(l -> !l.vm().uuid().equals(first.vm().uuid()))) {
                throw ambiguous(vm, authoritative);
            } else if (authoritative.size() > 1) {
                Finding duplicate = onSeveralHosts(first.vm().name(), authoritative);
                throw new UnderstudyException(duplicate.message(), List.of(duplicate));
            }
            return first;
        }

        /** Each host that has a VM of this address. A UUID comes before a name of the same form. */
        private List<VmLocation> matching(VmAddress vm) {
            List<VmLocation> matching = claims.values().stream()
                    .flatMap(List::stream)
                    .filter(l -> vm.matches(l.host().name(), l.vm().name().value(), l.vm().uuid()))
                    .toList();
            List<VmLocation> byUuid = matching.stream()
                    .filter(l -> withoutHost(vm).equals(new VmUuid(l.vm().uuid())))
                    .toList();
            return byUuid.isEmpty() ? matching : byUuid;
        }

        /** Whether this host is not open or did not answer. */
        public boolean isUnanswered(HostName host) {
            return unanswered.stream().anyMatch(s -> s.host().equals(host));
        }

        /** A finding for each host that may have the VM but did not answer. */
        public List<Finding> unansweredFindings(VmAddress vm) {
            return unanswered.stream().map(s -> s.finding(vm)).toList();
        }
    }

    /** Reads all VMs of every open host. Blocks for up to 30 s. */
    public Survey survey() {
        Survey survey = allHosts();
        survey(survey, LIST_LIMIT, hosts.all(), Host::vms);
        return survey;
    }

    /**
     * Reads one VM from every open host. Blocks for up to 8 s.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_NOT_FOUND} or {@link ErrorCode#HOST_UNAVAILABLE} for a host in the address
     */
    public Survey survey(VmAddress vm) {
        if (vm instanceof VmOnHost onHost) {
            hosts.host(onHost.host());
        }
        Survey survey = allHosts();
        survey(
                survey,
                FIND_LIMIT,
                hosts.all(),
                host -> find(host, withoutHost(vm)).stream().toList());
        return survey;
    }

    /**
     * Returns the location of a VM that some hosts are known to hold; asks all hosts if these do not have it. Blocks as {@link
     * #survey(VmAddress)} does.
     *
     * @throws UnderstudyException as {@link Survey#locate}
     */
    public VmLocation locate(VmAddress vm, List<Host> holders) {
        Survey survey = new Survey(new TreeMap<>(), new ArrayList<>(), new ArrayList<>());
        survey(
                survey,
                FIND_LIMIT,
                holders,
                host -> find(host, withoutHost(vm)).stream().toList());
        return survey.claims().isEmpty() ? locate(vm) : survey.locate(vm);
    }

    private static Optional<HostedVm> find(Host host, VmAddress vm) {
        return vm instanceof VmUuid uuid
                ? host.findByUuid(uuid.value()).or(() -> host.find(uuid.asName()))
                : host.find((VmName) vm);
    }

    private static VmAddress withoutHost(VmAddress vm) {
        return vm instanceof VmOnHost onHost ? onHost.onAnyHost() : vm;
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

    private Survey allHosts() {
        Survey survey = new Survey(new TreeMap<>(), new ArrayList<>(), new ArrayList<>());
        hosts.unopened()
                .forEach(name -> survey.unanswered().add(new UnansweredHost(name, "is not open", Optional.empty())));
        return survey;
    }

    private void survey(Survey survey, Duration limit, List<Host> asked, Function<Host, List<HostedVm>> reader) {
        fanOut.call(
                limit,
                asked,
                reader,
                (host, vms) -> vms.forEach(vm -> add(survey, new VmLocation(host, vm))),
                (host, reason, cause) -> survey.unanswered().add(new UnansweredHost(host, reason, cause)));
    }

    private static void add(Survey survey, VmLocation location) {
        HostedVm vm = location.vm();
        if (vm.state() == VmState.INCOMING) {
            survey.incoming().add(location);
        } else {
            survey.claims().computeIfAbsent(vm.name(), n -> new ArrayList<>()).add(location);
        }
    }

    /** The claims of each VM with the highest precedence: one, or several if it has the same state on several hosts. */
    public static List<VmLocation> authoritative(List<VmLocation> claims) {
        return perVm(claims).stream()
                .flatMap(ofVm -> {
                    int best = ofVm.stream().mapToInt(VmLocator::rank).min().orElse(0);
                    return ofVm.stream().filter(c -> rank(c) == best);
                })
                .toList();
    }

    /** The claims by VM: several VMs may have one name. */
    public static List<List<VmLocation>> perVm(List<VmLocation> claims) {
        return List.copyOf(claims.stream()
                .collect(Collectors.groupingBy(c -> c.vm().uuid(), LinkedHashMap::new, Collectors.toList()))
                .values());
    }

    private static int rank(VmLocation location) {
        return rank(location.vm().state());
    }

    /** The lower, the more the claim of a host is trusted. */
    static int rank(VmState state) {
        return PRECEDENCE.indexOf(state);
    }

    /**
     * Returns the location of a VM. Blocks as {@link #survey(VmAddress)} does.
     *
     * @throws UnderstudyException as {@link Survey#locate}
     */
    public VmLocation locate(VmAddress vm) {
        return survey(vm).locate(vm);
    }

    private static UnderstudyException ambiguous(VmAddress vm, List<VmLocation> candidates) {
        String forms = candidates.stream()
                .map(c -> new VmOnHost(c.host().name(), c.vm().name().value()) + " (UUID " + c.vm().uuid() + ")")
                .collect(Collectors.joining(", "));
        return new UnderstudyException(ErrorCode.VM_AMBIGUOUS, "VM name '" + vm + "' is ambiguous: " + forms);
    }

    private static UnderstudyException absent(VmAddress vm, List<UnansweredHost> unanswered) {
        if (vm instanceof VmOnHost onHost) {
            return absentOn(onHost, unanswered);
        } else if (unanswered.isEmpty()) {
            return new UnderstudyException(ErrorCode.VM_NOT_FOUND, "VM '" + vm + "' is on no host");
        }
        String hosts = unanswered.stream().map(UnansweredHost::toString).collect(Collectors.joining(", "));
        UnderstudyException absent = new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "VM '" + vm + "' is on no host that answers; no answer from: " + hosts);
        unanswered.forEach(s -> s.cause().ifPresent(absent::addSuppressed));
        return absent;
    }

    private static UnderstudyException absentOn(VmOnHost vm, List<UnansweredHost> unanswered) {
        return unanswered.stream()
                .filter(s -> s.host().equals(vm.host()))
                .findFirst()
                .map(s -> s.failure(vm.onAnyHost()))
                .orElseGet(() -> new UnderstudyException(
                        ErrorCode.VM_NOT_FOUND, "VM '" + vm.onAnyHost() + "' is not on host " + vm.host()));
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

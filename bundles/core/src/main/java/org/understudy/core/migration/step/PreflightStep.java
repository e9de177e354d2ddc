// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.xml.PlatformXml;
import org.understudy.core.definition.BrokenVersions;
import org.understudy.core.definition.BrokenVersions.Migrant;
import org.understudy.core.definition.BrokenVersions.Role;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmAnswers;
import org.understudy.core.migration.context.VmSnapshot;

/** Step 1: checks everything a migration needs and changes nothing. */
public final class PreflightStep {
    /**
     * The result of all checks.
     *
     * @param snapshot empty if the VM does not run, or cannot be read
     */
    public record Result(List<Finding> findings, Optional<VmSnapshot> snapshot) {}

    /** Blocks for the answers of both hosts. */
    public VmSnapshot run(MigrationContext context) {
        Result result = DeadlineCall.call(
                context.events(),
                MigrationStep.PREFLIGHT,
                "the answers of both hosts",
                context.request().deadlines().preflight(),
                () -> check(context.request(), context.services()),
                late -> {});
        context.status().add(result.findings());
        result.snapshot()
                .ifPresent(snapshot -> context.status()
                        .primaries(snapshot.pairs().stream().map(PairView::kind).toList()));
        context.status()
                .fact(MigrationStep.PREFLIGHT, "findings", result.findings().size());
        if (Finding.anyBlocking(result.findings())) {
            context.status()
                    .reason(result.findings().stream()
                            .filter(f -> f.severity() == Severity.ERROR)
                            .toList());
            throw StepAbortedException.refused();
        }
        VmSnapshot found = result.snapshot().orElseThrow();
        context.status().fact(MigrationStep.PREFLIGHT, "pairs", found.pairs().size());
        found.presence().forEach((primary, p) -> context.status().fact(MigrationStep.PREFLIGHT, primary.value(), p));
        return found;
    }

    /** All findings, and the snapshot if the VM can be read. Blocks for the answers of both hosts. */
    public Result check(MigrationRequest request, MigrationServices services) {
        VmAnswers answers = VmAnswers.of(request, services.definitions(), true);
        Optional<Finding> other = answers.otherMigration();
        if (other.isPresent()) {
            return new Result(List.of(other.get()), Optional.empty());
        }
        List<Finding> findings = new ArrayList<>(vmState(request, answers));
        findings.addAll(destinationHost(request));
        if (Finding.anyBlocking(findings)) {
            return new Result(findings, Optional.empty());
        }
        return reportUnavailable(request, findings, () -> {
            VmSnapshot snapshot = snapshot(request, services);
            findings.addAll(new DestinationCheck(request, services).findings(snapshot));
            findings.addAll(brokenVersions(request, snapshot));
            findings.addAll(options(request, snapshot));
            findings.addAll(unpaired(request, snapshot, services));
            findings.addAll(pairs(request, snapshot));
            findings.addAll(
                    SlowOpening.findings(request, snapshot, services.journal().measured()));
            findings.addAll(services.unplugGuard()
                    .findings(
                            request.source(),
                            request.vm(),
                            snapshot.held(),
                            request.policy().settle()));
            findings.addAll(probe(request));
            return new Result(findings, Optional.of(snapshot));
        });
    }

    private static List<Finding> brokenVersions(MigrationRequest request, VmSnapshot snapshot) {
        Migrant vm = new Migrant(
                PlatformXml.read(snapshot.live()), snapshot.pairs().stream().anyMatch(p -> p.kind() == PrimaryKind.VF));
        Host from = request.source();
        Host to = request.destination();
        List<Finding> findings = new ArrayList<>(BrokenVersions.of(from.name(), from.facts(), Role.SOURCE, vm));
        findings.addAll(BrokenVersions.of(to.name(), to.facts(), Role.DESTINATION, vm));
        return findings;
    }

    /** Turns the failure of a host to answer into a finding. */
    private static Result reportUnavailable(MigrationRequest request, List<Finding> findings, Supplier<Result> checks) {
        try {
            return checks.get();
        } catch (UnderstudyException e) {
            FindingCode code = e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.QMP_DISCONNECTED
                    ? FindingCode.HOST_UNAVAILABLE
                    : FindingCode.VM_NOT_MIGRATABLE;
            findings.add(
                    Finding.of(code, request.subject(), e.getMessage(), e.code().remedy()));
            return new Result(findings, Optional.empty());
        }
    }

    private static List<Finding> vmState(MigrationRequest request, VmAnswers answers) {
        VmState state = request.source().find(request.vm()).map(HostedVm::state).orElse(VmState.UNKNOWN);
        return switch (state) {
            case RUNNING -> List.of();
            case PAUSED ->
                List.of(Finding.of(
                        FindingCode.VM_NOT_MIGRATABLE,
                        request.subject(),
                        "VM " + request.vm() + " is paused; its guest cannot release the primary",
                        "Resume the VM first."));
            case SHUTOFF, INCOMING, UNKNOWN ->
                List.of(Finding.of(
                        FindingCode.VM_NOT_MIGRATABLE,
                        request.subject(),
                        "VM " + request.vm() + " is " + state + " on host "
                                + request.source().name() + "; required state: running",
                        answers.startOnSource()));
        };
    }

    private static List<Finding> destinationHost(MigrationRequest request) {
        return request.source().name().equals(request.destination().name())
                ? List.of(Finding.of(
                        FindingCode.SAME_HOST,
                        request.subject(),
                        "VM " + request.vm() + " already runs on host "
                                + request.destination().name(),
                        "Choose another host."))
                : List.of();
    }

    private static VmSnapshot snapshot(MigrationRequest request, MigrationServices services) {
        String configured = request.source().definition(request.vm());
        String live = request.source().liveDefinition(request.vm()).orElse(configured);
        List<PairView> pairs = services.definitions()
                .view(live)
                .pairsWith(services.definitions().view(configured));
        Map<Alias, PrimaryPresence> presence = new HashMap<>();
        for (PairView pair : pairs) {
            presence.put(pair.primary(), request.source().primaryPresence(request.vm(), pair.primary()));
        }
        return new VmSnapshot(live, configured, pairs, Map.copyOf(presence));
    }

    private static List<Finding> options(MigrationRequest request, VmSnapshot snapshot) {
        List<Finding> found = new ArrayList<>();
        if (request.options().postcopy()) {
            boolean vf = snapshot.pairs().stream().anyMatch(p -> p.kind() == PrimaryKind.VF);
            found.add(unusable(
                    request,
                    vf
                            ? "Post-copy cannot be used while a primary is a VF"
                            : "Post-copy leaves no complete copy of the guest on a host; if one host fails, the guest is lost",
                    "Turn post-copy off; use auto-converge if memory changes too fast."));
        }
        int channels = request.options().multifdChannels().orElse(2);
        if (channels < 2 || channels > 255) {
            found.add(unusable(
                    request,
                    "Option multifd has " + channels + " channels; allowed: 2 to 255",
                    "Set --multifd to 2 to 255 channels."));
        }
        if (request.options().bandwidth().orElse(1) <= 0) {
            found.add(unusable(
                    request, "The bandwidth limit is not above 0", "Omit --bandwidth, or set a limit above 0."));
        }
        if (request.options()
                .downtimeLimit()
                .filter(d -> d.isNegative() || d.isZero())
                .isPresent()) {
            found.add(unusable(
                    request,
                    "The downtime limit is not above 0",
                    "Omit the downtime limit for the default of QEMU, or set one above 0."));
        }
        return found;
    }

    private static Finding unusable(MigrationRequest request, String message, String remedy) {
        return Finding.of(FindingCode.OPTION_NOT_USABLE, request.subject(), message, remedy);
    }

    private static List<Finding> unpaired(MigrationRequest request, VmSnapshot snapshot, MigrationServices services) {
        Set<String> networks = request.source().facts().vfNetworks();
        return services.definitions().unpaired(snapshot.live(), networks).stream()
                .map(device -> Finding.of(
                        FindingCode.DEVICE_NOT_IN_PAIR,
                        request.subject() + ", " + device.label(),
                        "Passed-through device '" + device.label() + "' of VM " + request.vm()
                                + " is in no pair, so the VM cannot be migrated",
                        device.isNic()
                                ? "Replace the NIC with a virtio NIC on the same network, make that a pair with"
                                        + " \"understudy:pair-on\", and restart the VM; or unplug the NIC."
                                : "Unplug the device from the VM, or shut the VM down to move it."))
                .toList();
    }

    private static List<Finding> pairs(MigrationRequest request, VmSnapshot snapshot) {
        List<Finding> found = new ArrayList<>();
        for (PairView pair : snapshot.pairs()) {
            String subject = request.subject() + ", primary " + pair.primary();
            if (request.source().standbyNegotiated(request.vm(), pair.standby()).equals(Optional.of(false))) {
                found.add(Finding.of(
                        FindingCode.STANDBY_NOT_NEGOTIATED,
                        request.subject() + ", standby " + pair.standby(),
                        "The guest has not negotiated standby for " + pair.standby() + " and has no primary",
                        "Wait until the guest has booted, or use a guest kernel with net_failover."));
            } else if (snapshot.presence().get(pair.primary()) == PrimaryPresence.ABSENT) {
                found.add(Finding.of(
                        FindingCode.PRIMARY_ABSENT,
                        subject,
                        "QEMU on the source does not have primary " + pair.primary(),
                        "Start the migration: the primary is plugged again on the destination."));
            }
        }
        return found;
    }

    private static List<Finding> probe(MigrationRequest request) {
        if (probeTarget(request).isPresent()) {
            return List.of();
        }
        return List.of(new Finding(
                FindingCode.NO_GAP_PROBE,
                Severity.NOTICE,
                request.subject(),
                "No probe is configured for VM " + request.vm() + "; the network gap is not measured",
                "",
                false));
    }

    /** How the gap is measured: as requested, or as configured. */
    public static Optional<ProbeTarget> probeTarget(MigrationRequest request) {
        return request.options()
                .probe()
                .or(() -> Optional.ofNullable(request.policy().probes().get(request.vm())));
    }
}

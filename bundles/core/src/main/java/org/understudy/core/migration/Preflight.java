// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.domain.DomainView.PairView;

/** Step 1: looks at everything a migration needs and touches nothing. */
final class Preflight implements Step {
    /**
     * What was seen.
     *
     * @param cargo empty if the VM does not run, or cannot be read
     */
    record Checked(List<Finding> findings, Optional<Cargo> cargo) {}

    @Override
    public MigrationStep step() {
        return MigrationStep.PREFLIGHT;
    }

    @Override
    public void run(Voyage v) {
        Checked checked = Call.within(
                v.trail(),
                step(),
                "the answers of both hosts",
                v.plan().deadlines().preflight(),
                () -> check(v.plan(), v.around()),
                late -> {});
        v.picture().add(checked.findings());
        checked.cargo()
                .ifPresent(cargo -> v.picture()
                        .primaries(cargo.pairs().stream().map(PairView::kind).toList()));
        v.picture().fact(step(), "findings", checked.findings().size());
        if (Finding.anyBlocking(checked.findings())) {
            throw StepStopped.refused();
        }
        v.cargo(checked.cargo().orElseThrow());
        v.picture().fact(step(), "pairs", v.cargo().pairs().size());
        v.cargo().presence().forEach((primary, p) -> v.picture().fact(step(), primary.value(), p));
    }

    /** All findings, and the cargo if the VM can be read. Blocks for the answers of both hosts. */
    Checked check(Plan plan, Surroundings around) {
        List<Finding> findings = new ArrayList<>(vmState(plan));
        findings.addAll(destinationHost(plan));
        if (Finding.anyBlocking(findings)) {
            return new Checked(findings, Optional.empty());
        }
        return asking(plan, findings, () -> {
            Cargo cargo = cargo(plan, around);
            findings.addAll(new DestinationCheck(plan, around).findings(cargo));
            findings.addAll(options(plan, cargo));
            findings.addAll(pairs(plan, cargo));
            findings.addAll(around.guard()
                    .findings(
                            plan.source(),
                            plan.vm(),
                            cargo.held(),
                            plan.policy().settle()));
            findings.addAll(probe(plan));
            return new Checked(findings, Optional.of(cargo));
        });
    }

    /** A host that does not answer is a finding of the preflight. */
    private static Checked asking(Plan plan, List<Finding> findings, Supplier<Checked> questions) {
        try {
            return questions.get();
        } catch (UnderstudyException e) {
            FindingCode code = e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.QMP_DISCONNECTED
                    ? FindingCode.HOST_UNAVAILABLE
                    : FindingCode.VM_NOT_MIGRATABLE;
            findings.add(Finding.of(
                    code, plan.subject(), e.getMessage() + ".", e.code().remedy()));
            return new Checked(findings, Optional.empty());
        }
    }

    private static List<Finding> vmState(Plan plan) {
        VmState state = plan.source().find(plan.vm()).map(HostedVm::state).orElse(VmState.UNKNOWN);
        return switch (state) {
            case RUNNING -> List.of();
            case PAUSED ->
                List.of(Finding.of(
                        FindingCode.VM_NOT_MIGRATABLE,
                        plan.subject(),
                        "The VM is paused; its guest could not release its primary.",
                        "Resume the VM first."));
            case SHUTOFF, INCOMING, UNKNOWN ->
                List.of(Finding.of(
                        FindingCode.VM_NOT_MIGRATABLE,
                        plan.subject(),
                        "The VM is " + state + " on host " + plan.source().name()
                                + "; only a running VM can be moved live.",
                        "Start the VM first."));
        };
    }

    private static List<Finding> destinationHost(Plan plan) {
        return plan.source().name().equals(plan.destination().name())
                ? List.of(Finding.of(
                        FindingCode.SAME_HOST,
                        plan.subject(),
                        "The VM runs on host " + plan.destination().name() + " already.",
                        "Name another host."))
                : List.of();
    }

    private static Cargo cargo(Plan plan, Surroundings around) {
        String configured = plan.source().definition(plan.vm());
        String live = plan.source().liveDefinition(plan.vm()).orElse(configured);
        List<PairView> pairs =
                around.definitions().view(live).pairsWith(around.definitions().view(configured));
        Map<Alias, PrimaryPresence> presence = new HashMap<>();
        for (PairView pair : pairs) {
            presence.put(pair.primary(), plan.source().primaryPresence(plan.vm(), pair.primary()));
        }
        return new Cargo(live, configured, pairs, Map.copyOf(presence));
    }

    private static List<Finding> options(Plan plan, Cargo cargo) {
        List<Finding> found = new ArrayList<>();
        if (plan.options().postcopy()) {
            boolean vf = cargo.pairs().stream().anyMatch(p -> p.kind() == PrimaryKind.VF);
            found.add(unusable(
                    plan,
                    vf
                            ? "Post-copy cannot be used while a primary is a VF."
                            : "Post-copy leaves no whole copy of the guest on either host; if one dies, it is lost.",
                    "Leave post-copy off; auto-converge helps where memory changes too fast."));
        }
        int channels = plan.options().multifdChannels().orElse(2);
        if (channels < 2 || channels > 255) {
            found.add(unusable(plan, "multifd with " + channels + " channels; 2 to 255 are possible.", "Correct it."));
        }
        if (plan.options().bandwidth().orElse(1) <= 0) {
            found.add(unusable(plan, "The bandwidth limit is not above 0.", "Leave it out for no limit."));
        }
        if (plan.options()
                .downtimeLimit()
                .filter(d -> d.isNegative() || d.isZero())
                .isPresent()) {
            found.add(unusable(plan, "The downtime limit is not above 0.", "Leave it out for QEMU's own."));
        }
        return found;
    }

    private static Finding unusable(Plan plan, String message, String remedy) {
        return Finding.of(FindingCode.OPTION_NOT_USABLE, plan.subject(), message, remedy);
    }

    private static List<Finding> pairs(Plan plan, Cargo cargo) {
        List<Finding> found = new ArrayList<>();
        for (PairView pair : cargo.pairs()) {
            String subject = plan.subject() + ", primary " + pair.primary();
            if (plan.source().standbyNegotiated(plan.vm(), pair.standby()).equals(Optional.of(false))) {
                found.add(Finding.of(
                        FindingCode.STANDBY_NOT_NEGOTIATED,
                        plan.subject() + ", standby " + pair.standby(),
                        "The guest has not negotiated standby for " + pair.standby() + ", so it has no primary.",
                        "Wait for the guest to boot, or use a guest kernel with net_failover."));
            } else if (cargo.presence().get(pair.primary()) == PrimaryPresence.ABSENT) {
                found.add(Finding.of(
                        FindingCode.PRIMARY_ABSENT,
                        subject,
                        "QEMU on the source does not have " + pair.primary() + ".",
                        "Plug it again; on the destination it is plugged anew."));
            }
        }
        return found;
    }

    private static List<Finding> probe(Plan plan) {
        if (probeTarget(plan).isPresent()) {
            return List.of();
        }
        return List.of(new Finding(
                FindingCode.NO_GAP_PROBE,
                Severity.NOTICE,
                plan.subject(),
                "No probe is set up for this VM: the network gap will not be measured.",
                "",
                false));
    }

    /** How the gap is to be measured: as asked for, or as configured. */
    static Optional<ProbeTarget> probeTarget(Plan plan) {
        return plan.options()
                .probe()
                .or(() -> Optional.ofNullable(plan.policy().probes().get(plan.vm())));
    }
}

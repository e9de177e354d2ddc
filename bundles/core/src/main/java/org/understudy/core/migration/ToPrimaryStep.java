// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationStep;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;
import org.understudy.core.domain.DomainView.PairView;

/** Step 6: waits until the guest has taken the primaries of the destination. The definition is no proof: QEMU is asked. */
final class ToPrimaryStep implements Step {
    private static final Logger LOG = LoggerFactory.getLogger(ToPrimaryStep.class);

    @Override
    public MigrationStep step() {
        return MigrationStep.TO_PRIMARY;
    }

    @Override
    public void run(Voyage v) {
        if (v.cargo().pairs().isEmpty()) {
            v.picture().skip(step(), "the VM has no failover pair");
            return;
        }
        Deadline end = v.trail().deadline(v.plan().deadlines().plug());
        List<PairView> missing = v.cargo().pairs().stream()
                .filter(p -> !new Return(v, p).within(end.left()))
                .toList();
        if (missing.isEmpty()) {
            measureOnStandby(v);
            return;
        }
        v.degrade();
        for (PairView pair : missing) {
            v.picture().add(notReturned(v, pair));
            causes(v, pair).forEach(v.picture()::add);
        }
        v.picture().end(step(), org.understudy.api.StepState.FAILED);
    }

    private void measureOnStandby(Voyage v) {
        Optional<Instant> released = v.released();
        if (released.isEmpty()) {
            return;
        }
        Instant enabled = v.around().time().instant();
        Optional<Instant> heartbeat = firstHeartbeat(v);
        v.picture()
                .fact(
                        step(),
                        "evidence",
                        heartbeat.isPresent()
                                ? "heartbeat on the primary"
                                : "the guest enabled the device (query-pci); no heartbeat told of the path");
        Duration onStandby = Duration.between(released.get(), heartbeat.orElse(enabled));
        if (onStandby.isNegative()) {
            v.picture().fact(step(), "onStandby", "not told: the clocks of the hosts differ");
        } else {
            v.picture().onStandby(onStandby);
        }
    }

    private static Optional<Instant> firstHeartbeat(Voyage v) {
        boolean tellsPaths = Preflight.probeTarget(v.plan())
                .filter(ProbeTarget.Heartbeat.class::isInstance)
                .isPresent();
        if (!tellsPaths || v.probe().isEmpty() || v.resumed().isEmpty()) {
            return Optional.empty();
        }
        return v.trail()
                .poll(
                        v.around().tempo().heartbeat(),
                        () -> v.probe().get().firstOn("primary", v.resumed().get()));
    }

    private static List<Finding> causes(Voyage v, PairView pair) {
        try {
            return v.plan().destination().whyWithout(v.plan().vm(), pair.primary());
        } catch (UnderstudyException e) {
            LOG.warn("VM {}: why it is without {} is unknown", v.plan().vm(), pair.primary(), e);
            v.picture().fact(MigrationStep.TO_PRIMARY, "cause-" + pair.primary(), "unknown: " + e.getMessage());
            return List.of();
        }
    }

    private static Finding notReturned(Voyage v, PairView pair) {
        HostName there = v.plan().destination().name();
        Finding finding = Finding.of(
                FindingCode.PRIMARY_NOT_RETURNED,
                v.plan().subject() + ", primary " + pair.primary(),
                new Return(v, pair)
                        .answer()
                        .reason()
                        .map(why -> "It is unknown whether the guest has enabled " + pair.primary() + " on host "
                                + there + ": " + why + ".")
                        .orElse("The guest has not enabled " + pair.primary() + " on host " + there
                                + "; it runs on its standby NIC."),
                "Check that the guest has a driver for it, and read the QEMU log on the destination.");
        return v.plan().requireVf() ? finding.as(org.understudy.api.Severity.ERROR) : finding;
    }
}

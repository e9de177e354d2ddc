// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

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
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.Deadline;
import org.understudy.core.migration.context.MigrationContext;

/**
 * Step 6: waits until the guest has enabled the primaries on the destination, as reported by QEMU; a definition is no
 * proof.
 */
public final class PlugStep implements Step {
    private static final Logger LOG = LoggerFactory.getLogger(PlugStep.class);

    @Override
    public MigrationStep step() {
        return MigrationStep.TO_PRIMARY;
    }

    @Override
    public void run(MigrationContext context) {
        if (context.snapshot().pairs().isEmpty()) {
            context.status().skip(step(), "the VM has no failover pair");
            return;
        }
        Deadline end = context.events().deadline(context.request().deadlines().plug());
        List<PrimaryPlug> missing = context.snapshot().pairs().stream()
                .map(p -> new PrimaryPlug(context, p))
                .filter(plug -> !plug.await(end.left()))
                .toList();
        if (missing.isEmpty()) {
            measureOnStandby(context);
            return;
        }
        context.markDegraded();
        context.status()
                .reason(missing.stream().map(plug -> notReturned(context, plug)).toList());
        missing.forEach(plug -> context.status().add(causes(context, plug.pair())));
        context.status().end(step(), org.understudy.api.StepState.FAILED);
    }

    private void measureOnStandby(MigrationContext context) {
        Optional<Instant> released = context.released();
        if (released.isEmpty()) {
            return;
        }
        Instant enabled = context.services().time().instant();
        Optional<Instant> heartbeat = firstHeartbeat(context);
        context.status()
                .fact(
                        step(),
                        "evidence",
                        heartbeat.isPresent()
                                ? "heartbeat on the primary"
                                : "the guest enabled the device (query-pci); no heartbeat on the primary");
        Duration onStandby = Duration.between(released.get(), heartbeat.orElse(enabled));
        if (onStandby.isNegative()) {
            context.status().fact(step(), "onStandby", "unknown: the clocks of the hosts differ");
        } else {
            context.status().onStandby(onStandby);
        }
    }

    private static Optional<Instant> firstHeartbeat(MigrationContext context) {
        boolean reportsPaths = PreflightStep.probeTarget(context.request())
                .filter(ProbeTarget.Heartbeat.class::isInstance)
                .isPresent();
        if (!reportsPaths || context.probe().isEmpty() || context.resumed().isEmpty()) {
            return Optional.empty();
        }
        return context.events()
                .poll(
                        context.services().timings().heartbeat(),
                        () -> context.probe()
                                .get()
                                .firstOn("primary", context.resumed().get()));
    }

    private static List<Finding> causes(MigrationContext context, PairView pair) {
        try {
            return context.request().destination().whyWithout(context.request().vm(), pair.primary());
        } catch (UnderstudyException e) {
            LOG.warn(
                    "VM {}: cause of missing primary {} is unknown",
                    context.request().vm(),
                    pair.primary(),
                    e);
            context.status().fact(MigrationStep.TO_PRIMARY, "cause-" + pair.primary(), "unknown: " + e.getMessage());
            return List.of();
        }
    }

    private static Finding notReturned(MigrationContext context, PrimaryPlug plug) {
        Finding finding = plug.failure().orElseGet(() -> notEnabled(context, plug));
        return context.request().requireVf() ? finding.as(Severity.ERROR) : finding;
    }

    private static Finding notEnabled(MigrationContext context, PrimaryPlug plug) {
        PairView pair = plug.pair();
        HostName destination = context.request().destination().name();
        return Finding.of(
                FindingCode.PRIMARY_NOT_RETURNED,
                context.request().subject() + ", primary " + pair.primary(),
                plug.answer()
                        .reason()
                        .map(why -> "It is unknown whether the guest has enabled " + pair.primary() + " on host "
                                + destination + ": " + why)
                        .orElse("The guest has not enabled " + pair.primary() + " on host " + destination
                                + " and uses its standby NIC"),
                "Check that the guest has a driver for the primary, and read the QEMU log of the VM on the destination.");
    }
}

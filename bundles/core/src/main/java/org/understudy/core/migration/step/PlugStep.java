// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationStep;
import org.understudy.api.PairHealth;
import org.understudy.api.ProbeTarget;
import org.understudy.api.Severity;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.Stopwatch;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.EventTime;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.TimeBetween;
import org.understudy.core.migration.context.VfOpening;
import org.understudy.core.probe.GapProbe;

/**
 * Step 6: waits until the guest has enabled the primaries on the destination, as reported by QEMU; a definition is no
 * proof.
 */
public final class PlugStep {
    private static final Logger LOG = LoggerFactory.getLogger(PlugStep.class);

    private final MigrationContext context;
    private final Arrived arrived;
    private final Optional<GapProbe> probe;
    private final List<PrimaryPlug> plugs;

    public PlugStep(MigrationContext context, Arrived arrived, Optional<GapProbe> probe) {
        this.context = context;
        this.arrived = arrived;
        this.probe = probe;
        this.plugs = arrived.snapshot().pairs().stream()
                .map(p -> new PrimaryPlug(context, arrived, p))
                .toList();
    }

    /** Blocks; returns whether the guest has enabled all primaries. */
    public boolean run() {
        if (arrived.snapshot().pairs().isEmpty()) {
            context.status().skip(MigrationStep.TO_PRIMARY, "the VM has no failover pair");
            return true;
        }
        Deadline end = context.events()
                .deadline(arrived.snapshot().deadlines(context.request()).plug());
        List<PrimaryPlug> missing =
                plugs.stream().filter(plug -> !plug.await(end.left())).toList();
        if (missing.isEmpty()) {
            arrived.released().ifPresent(this::measureOnStandby);
            return true;
        }
        context.status().reason(missing.stream().map(this::notReturned).toList());
        missing.forEach(plug -> context.status().add(causes(plug.pair())));
        context.status().end(MigrationStep.TO_PRIMARY, StepState.FAILED);
        return false;
    }

    /** What the VFs cost, for the prediction of the next migration; empty if that was not measured. */
    public Optional<VfOpening> opening() {
        int vfs = arrived.snapshot().vfs();
        if (vfs == 0 || !arrived.withoutVf().isEmpty()) {
            return Optional.empty();
        }
        boolean byQemu = plugs.stream().allMatch(plug -> plug.opening().isEmpty());
        Optional<Duration> time = arrived.isExplicit()
                ? plugs.stream().map(PrimaryPlug::opening).reduce(Optional.of(Duration.ZERO), PlugStep::sum)
                : context.status().now().downtime().filter(downtime -> byQemu);
        return time.map(measured -> new VfOpening(
                context.request().vm(),
                arrived.strategy(),
                arrived.snapshot().memory().bytes(),
                vfs,
                measured));
    }

    /** Empty if one of them is unknown. */
    private static Optional<Duration> sum(Optional<Duration> a, Optional<Duration> b) {
        return a.flatMap(first -> b.map(first::plus));
    }

    private void measureOnStandby(EventTime released) {
        Stopwatch enabled = Stopwatch.start(context.services().scheduler());
        Optional<Long> heartbeat = firstHeartbeat();
        context.status()
                .fact(
                        MigrationStep.TO_PRIMARY,
                        "evidence",
                        heartbeat.isPresent()
                                ? "heartbeat on the primary"
                                : "the guest enabled the device (query-pci); no heartbeat on the primary");
        // While it does not run, this server sees neither.
        Duration stopped = arrived.switching().stopped();
        TimeBetween onStandby = TimeBetween.of(
                        released,
                        new EventTime(heartbeat.orElse(enabled.nanos()), stopped),
                        context.status().since(MigrationStep.TO_STANDBY).map(Stopwatch::elapsed),
                        "events: release on the source, use on the destination")
                .withStopped(stopped);
        onStandby.measured().ifPresent(context.status()::onStandby);
        if (onStandby.measured().isEmpty()) {
            context.status().fact(MigrationStep.TO_PRIMARY, "onStandby", onStandby.evidence());
        }
    }

    private Optional<Long> firstHeartbeat() {
        boolean reportsPaths = PreflightStep.probeTarget(context.request())
                .filter(ProbeTarget.Heartbeat.class::isInstance)
                .isPresent();
        if (!reportsPaths || probe.isEmpty()) {
            return Optional.empty();
        }
        long resumed = context.events()
                .destination()
                .firstExactTime(HostEvent.Resumed.class)
                .map(EventTime::nanos)
                .orElse(arrived.switching().nanos());
        return context.events()
                .poll(
                        context.services().timings().heartbeat(),
                        () -> probe.get().firstOn("primary", resumed));
    }

    private List<Finding> causes(PairView pair) {
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

    private Finding notReturned(PrimaryPlug plug) {
        Finding finding = plug.failure().orElseGet(() -> notEnabled(plug));
        return context.request().requireVf() ? finding.as(Severity.ERROR) : finding;
    }

    private Finding notEnabled(PrimaryPlug plug) {
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
                PairHealth.PARTIAL.nextStep() + " Read the QEMU log of the VM on the destination.");
    }
}

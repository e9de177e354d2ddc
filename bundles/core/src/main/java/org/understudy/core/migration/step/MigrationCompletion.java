// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Stopwatch;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.probe.GapProbe;

/** Determines and publishes the outcome of a migration or of its recovery. Used by one thread, which blocks. */
public final class MigrationCompletion {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationCompletion.class);

    private final MigrationContext context;
    private final Optional<GapProbe> probe;

    /** @param probe measures the network gap; empty if it is not measured, or not yet */
    public MigrationCompletion(MigrationContext context, Optional<GapProbe> probe) {
        this.context = context;
        this.probe = probe;
    }

    /**
     * Ends a migration whose steps are done: the VM runs on the destination.
     *
     * @param enabled whether the guest has enabled all primaries there
     */
    public void complete(Arrived arrived, boolean enabled) {
        if (!arrived.snapshot().pairs().isEmpty()) {
            context.services()
                    .unplugGuard()
                    .plugged(
                            context.request().destination().name(),
                            context.request().vm());
        }
        Optional<Finding> silence = probe.flatMap(
                measuring -> silentVm(measuring, arrived.snapshot().openingAllowance()));
        silence.ifPresent(finding -> context.status().reason(List.of(finding)));
        if (silence.isPresent()) {
            end(Outcome.NEEDS_ATTENTION);
        } else if (enabled) {
            end(Outcome.COMPLETED);
        } else {
            end(context.request().requireVf() ? Outcome.NEEDS_ATTENTION : Outcome.COMPLETED_DEGRADED);
        }
    }

    /** A running QEMU proves neither that the guest runs nor that its frames are delivered. */
    private Optional<Finding> silentVm(GapProbe measuring, Duration opening) {
        Optional<GapProbe.Traffic> traffic = measuring.traffic();
        if (traffic.isEmpty()) {
            return Optional.empty();
        }
        context.events().ignoreCancel();
        GapProbe.Traffic before = traffic.get();
        Duration threeIntervals = before.interval().multipliedBy(3);
        Duration limit =
                Collections.max(List.of(context.services().timings().silence().plus(opening), threeIntervals));
        boolean received = awaitTraffic(measuring, before.received(), limit);
        String host = context.request().destination().name().toString();
        return received
                ? Optional.empty()
                : Optional.of(Finding.of(
                        FindingCode.VM_SILENT,
                        context.request().subject(),
                        "No probe traffic from VM %s for %d s since it arrived on host %s (%s)"
                                .formatted(context.request().vm(), limit.toSeconds(), host, before.method()),
                        "Check the console of the VM on host " + host
                                + "; if the guest runs, check its VLAN and the forwarding entries of the switches."));
    }

    /** While this server does not run, it receives nothing: then it waits once more. */
    private boolean awaitTraffic(GapProbe measuring, long before, Duration limit) {
        Stopwatch watch = Stopwatch.start(context.services().scheduler());
        Supplier<Optional<GapProbe.Traffic>> more = () -> measuring.traffic().filter(now -> now.received() > before);
        return context.events()
                .poll(limit, more)
                .or(() -> watch.stopped().isZero()
                        ? Optional.empty()
                        : context.events().poll(limit, more))
                .isPresent();
    }

    /** Ends a migration whose step failed with an exception that it does not handle. */
    public void fail(MigrationStep at, Throwable e) {
        ErrorCode code = e instanceof UnderstudyException known ? known.code() : ErrorCode.INTERNAL;
        if (code == ErrorCode.INTERNAL) {
            LOG.error(
                    "Migration {} of VM {}: unhandled exception in step {}",
                    context.request().id(),
                    context.request().vm(),
                    at,
                    e);
        } else {
            LOG.warn(
                    "Migration {} of VM {}: step {} failed",
                    context.request().id(),
                    context.request().vm(),
                    at,
                    e);
        }
        abort(
                at,
                StepAbortedException.failed(
                        findingCode(code),
                        context.request().subject() + ", step " + at.number(),
                        code + ": " + (code == ErrorCode.INTERNAL ? e.toString() : e.getMessage()),
                        code.remedy()));
    }

    private static FindingCode findingCode(ErrorCode code) {
        return switch (code) {
            case HOST_UNAVAILABLE -> FindingCode.HOST_UNAVAILABLE;
            case MIGRATION_IN_PROGRESS -> FindingCode.OTHER_MIGRATION;
            default -> FindingCode.MIGRATION_FAILED;
        };
    }

    /** Ends a migration whose step aborted, with a rollback where that is possible. */
    public void abort(MigrationStep at, StepAbortedException stop) {
        if (stop.reason() == StepAbortedException.Reason.ABANDONED) {
            logLeftToNextStart();
            return;
        }
        try {
            context.events().requireNotAbandoned();
            context.events().ignoreCancel();
            boolean cancelled = stop.reason() == StepAbortedException.Reason.CANCELLED;
            context.status().reason(stop.findings());
            context.status().fact(at, cancelled ? "cancelled" : "failed", cancelled ? "by request" : stop.getMessage());
            context.status().end(at, StepState.FAILED);
            end(rollBack(stop));
        } catch (StepAbortedException abandoned) {
            logLeftToNextStart();
        }
    }

    private void logLeftToNextStart() {
        LOG.info(
                "Migration {} of VM {}: left to the next start of this server",
                context.request().id(),
                context.request().vm());
    }

    /** Once the guest runs on the destination nothing is rolled back: an admin resolves what is wrong there. */
    private Outcome rollBack(StepAbortedException stop) {
        if (stop.reason() == StepAbortedException.Reason.UNCLEAR
                || context.rollbacks().isDiscarded()) {
            return Outcome.NEEDS_ATTENTION;
        }
        if (!context.rollbacks().isEmpty()) {
            context.journal(MigrationJournal.Stage.GOING_BACK);
        }
        List<Finding> failures = context.rollbacks()
                .run(
                        context.status(),
                        context.events(),
                        context.services().timings().absence());
        Optional<Finding> other = context.answers().otherMigration();
        other.ifPresent(finding -> context.status().reason(List.of(finding)));
        context.status().reason(failures);
        boolean lost = stop.reason() == StepAbortedException.Reason.GUEST_LOST && other.isEmpty();
        if (lost || !failures.isEmpty()) {
            return Outcome.NEEDS_ATTENTION;
        }
        markUndone();
        return stop.reason() == StepAbortedException.Reason.CANCELLED ? Outcome.CANCELLED : Outcome.FAILED_ON_SOURCE;
    }

    private void markUndone() {
        for (MigrationStep step : MigrationStep.values()) {
            if (step != MigrationStep.PREFLIGHT && context.status().state(step) == StepState.DONE) {
                context.status().end(step, StepState.UNDONE);
            }
        }
    }

    private void end(Outcome outcome) {
        context.events().ignoreCancel();
        probe.ifPresent(measuring -> {
            context.events().poll(context.services().timings().probeTail(), Optional::empty);
            measuring.close();
            context.status().networkGap(measuring.report());
            context.status().add(measuring.findings());
        });
        context.events().close();
        context.status().outcome(outcome);
        LOG.info(
                "Migration {} of VM {}: ended as {}",
                context.request().id(),
                context.request().vm(),
                outcome);
    }
}

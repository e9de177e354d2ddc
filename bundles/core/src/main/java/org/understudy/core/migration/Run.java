// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;

/** One migration at work: the seven steps in order, and the way back if one of them stops. */
final class Run implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Run.class);
    private static final List<Step> STEPS = List.of(
            new Preflight(),
            new LeaseStep(),
            new ToStandbyStep(),
            new CopyStep(),
            new SwitchStep(),
            new ToPrimaryStep(),
            new ReleaseStep());

    private final Voyage v;

    Run(Voyage voyage) {
        this.v = voyage;
    }

    @Override
    public void run() {
        MigrationStep at = MigrationStep.PREFLIGHT;
        try {
            for (Step step : STEPS) {
                at = step.step();
                v.trail().requireNotCancelled();
                v.picture().begin(at);
                step.run(v);
                v.picture().done(at);
                if (at == MigrationStep.PREFLIGHT) {
                    openProbe();
                }
            }
            end(arrived());
        } catch (StepStopped stop) {
            stopped(at, stop);
        } catch (RuntimeException e) {
            stopped(at, StepStopped.failed(unexpected(at, e)));
        } finally {
            v.trail().close();
            v.probe().ifPresent(p -> p.close());
        }
    }

    private Outcome arrived() {
        v.cargo().pairs().stream()
                .findAny()
                .ifPresent(p -> v.around()
                        .guard()
                        .plugged(v.plan().destination().name(), v.plan().vm()));
        if (!v.isDegraded()) {
            return Outcome.COMPLETED;
        }
        return v.plan().requireVf() ? Outcome.NEEDS_ATTENTION : Outcome.COMPLETED_DEGRADED;
    }

    private void stopped(MigrationStep at, StepStopped stop) {
        if (stop.reason() == StepStopped.Reason.ABANDONED) {
            LOG.info(
                    "Migration {} of VM {} is left to the next start",
                    v.plan().id(),
                    v.plan().vm());
            return;
        }
        try {
            v.trail().ignoreCancel();
            boolean cancelled = stop.reason() == StepStopped.Reason.CANCELLED;
            v.picture().add(stop.findings());
            v.picture().fact(at, cancelled ? "cancelled" : "failed", cancelled ? "by request" : stop.getMessage());
            v.picture().end(at, StepState.FAILED);
            end(back(stop));
        } catch (StepStopped abandoned) {
            LOG.info(
                    "Migration {} of VM {} is left to the next start",
                    v.plan().id(),
                    v.plan().vm());
        }
    }

    /** Past the point of no return there is no way back: what is wrong there is for a person. */
    private Outcome back(StepStopped stop) {
        if (stop.reason() == StepStopped.Reason.UNCLEAR || v.resumed().isPresent()) {
            return Outcome.NEEDS_ATTENTION;
        }
        if (!v.undo().isEmpty()) {
            v.around().journal().goingBack(v);
        }
        List<Finding> failures = v.undo().run(v.picture());
        v.picture().add(failures);
        if (stop.reason() == StepStopped.Reason.GUEST_LOST || !failures.isEmpty()) {
            return Outcome.NEEDS_ATTENTION;
        }
        markUndone();
        return stop.reason() == StepStopped.Reason.CANCELLED ? Outcome.CANCELLED : Outcome.FAILED_ON_SOURCE;
    }

    private void markUndone() {
        for (MigrationStep step : MigrationStep.values()) {
            if (step != MigrationStep.PREFLIGHT && v.picture().state(step) == StepState.DONE) {
                v.picture().end(step, StepState.UNDONE);
            }
        }
    }

    private Finding unexpected(MigrationStep at, RuntimeException e) {
        ErrorCode code = e instanceof UnderstudyException known ? known.code() : ErrorCode.INTERNAL;
        LOG.warn(
                "Migration {} of VM {} failed in step {}",
                v.plan().id(),
                v.plan().vm(),
                at,
                e);
        return Finding.of(
                code == ErrorCode.HOST_UNAVAILABLE ? FindingCode.HOST_UNAVAILABLE : FindingCode.MIGRATION_FAILED,
                v.plan().subject() + ", step " + at.number(),
                code + ": " + e.getMessage(),
                code.remedy());
    }

    private void openProbe() {
        Optional<ProbeTarget> target = Preflight.probeTarget(v.plan());
        if (target.isEmpty() || v.around().probes().isEmpty()) {
            v.picture().networkGap(new NetworkGap.NotMeasured("no probe is set up for this VM"));
            return;
        }
        try {
            v.probe(v.around().probes().get().open(target.get()));
        } catch (UnderstudyException e) {
            v.picture().networkGap(new NetworkGap.NotMeasured(e.getMessage()));
        }
    }

    private void end(Outcome outcome) {
        v.trail().ignoreCancel();
        v.probe().ifPresent(probe -> {
            v.trail().poll(v.around().tempo().tail(), Optional::empty);
            probe.close();
            v.picture().networkGap(probe.report());
        });
        v.picture().outcome(outcome);
        LOG.info("Migration {} of VM {} ended: {}", v.plan().id(), v.plan().vm(), outcome);
    }
}

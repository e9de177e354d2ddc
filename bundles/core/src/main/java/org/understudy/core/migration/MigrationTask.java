// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.Task;
import org.understudy.core.migration.step.CopyStep;
import org.understudy.core.migration.step.LeaseStep;
import org.understudy.core.migration.step.MigrationCompletion;
import org.understudy.core.migration.step.PlugStep;
import org.understudy.core.migration.step.PreflightStep;
import org.understudy.core.migration.step.ReleaseStep;
import org.understudy.core.migration.step.Rollback;
import org.understudy.core.migration.step.Step;
import org.understudy.core.migration.step.SwitchoverStep;
import org.understudy.core.migration.step.UnplugStep;
import org.understudy.core.probe.GapProbe;

/** Runs the seven steps of one migration in order. */
final class MigrationTask implements Task {
    private static final List<Step> STEPS = List.of(
            new PreflightStep(),
            new LeaseStep(),
            new UnplugStep(),
            new CopyStep(),
            new SwitchoverStep(),
            new PlugStep(),
            new ReleaseStep());

    private final MigrationContext context;
    private MigrationStep at = MigrationStep.PREFLIGHT;

    MigrationTask(MigrationContext context) {
        this.context = context;
    }

    @Override
    public void run() {
        try {
            try {
                subscribe();
                runSteps(STEPS);
            } catch (StepAbortedException stop) {
                completeIfArrived(stop);
            }
            new MigrationCompletion(context).complete();
        } catch (StepAbortedException stop) {
            new MigrationCompletion(context).abort(at, stop);
        } catch (RuntimeException | Error e) {
            new MigrationCompletion(context).fail(at, e);
        } finally {
            context.events().close();
            context.probe().ifPresent(GapProbe::close);
        }
    }

    /** A host that does not answer ends this migration, and delays no other. */
    private void subscribe() {
        context.status().begin(at);
        DeadlineCall.call(
                context.events(),
                at,
                "the events of both hosts",
                context.request().deadlines().preflight(),
                () -> context.events()
                        .open(context.request().source(), context.request().destination()));
    }

    private void runSteps(List<Step> steps) {
        for (Step step : steps) {
            at = step.step();
            context.events().requireNotCancelled();
            context.status().begin(at);
            step.run(context);
            context.status().done(at);
            if (at == MigrationStep.PREFLIGHT) {
                openProbe();
            }
        }
    }

    /** A cancel may come too late for a host that switches by itself; the migration of a VM that has arrived is completed. */
    private void completeIfArrived(StepAbortedException stop) {
        if (stop.reason() != StepAbortedException.Reason.CANCELLED) {
            throw stop;
        }
        context.events().ignoreCancel();
        if (!new Rollback(context).hasArrivedDespiteCancel()) {
            throw stop;
        }
        context.status().fact(at, "cancelled", "too late: the host had completed the migration");
        for (MigrationStep passed : List.of(MigrationStep.TO_STANDBY, MigrationStep.COPY)) {
            if (context.status().state(passed) == StepState.PENDING) {
                context.status().begin(passed);
            }
            if (context.status().state(passed) == StepState.RUNNING) {
                context.status().done(passed);
            }
        }
        runSteps(STEPS.subList(MigrationStep.SWITCH.ordinal(), STEPS.size()));
    }

    private void openProbe() {
        Optional<ProbeTarget> target = PreflightStep.probeTarget(context.request());
        if (target.isEmpty()) {
            context.status().networkGap(new NetworkGap.NotMeasured("no probe is configured for this VM"));
            return;
        }
        try {
            context.probe(context.services().probes().open(target.get()));
        } catch (UnderstudyException e) {
            context.status().networkGap(new NetworkGap.NotMeasured(e.getMessage()));
        }
    }

    @Override
    public void cancel() {
        context.events().cancel();
    }

    @Override
    public void abandon() {
        context.events().abandon();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.core.probe.GapProbe;

/** One migration at work: the seven steps in order. */
final class Run implements Work {
    private static final List<Step> STEPS = List.of(
            new Preflight(),
            new LeaseStep(),
            new ToStandbyStep(),
            new CopyStep(),
            new SwitchStep(),
            new ToPrimaryStep(),
            new ReleaseStep());

    private final Voyage v;
    private MigrationStep at = MigrationStep.PREFLIGHT;

    Run(Voyage voyage) {
        this.v = voyage;
    }

    @Override
    public void run() {
        try {
            try {
                listen();
                goThrough(STEPS);
            } catch (StepStopped stop) {
                arriveDespite(stop);
            }
            new Ending(v).arrived();
        } catch (StepStopped stop) {
            new Ending(v).stopped(at, stop);
        } catch (RuntimeException | Error e) {
            new Ending(v).failed(at, e);
        } finally {
            v.trail().close();
            v.probe().ifPresent(GapProbe::close);
        }
    }

    /** A host that does not answer ends the run, and keeps no other from starting. */
    private void listen() {
        v.picture().begin(at);
        Call.within(
                v.trail(),
                at,
                "the events of both hosts",
                v.plan().deadlines().preflight(),
                () -> v.trail().open(v.plan().source(), v.plan().destination()));
    }

    private void goThrough(List<Step> steps) {
        for (Step step : steps) {
            at = step.step();
            v.trail().requireNotCancelled();
            v.picture().begin(at);
            step.run(v);
            v.picture().done(at);
            if (at == MigrationStep.PREFLIGHT) {
                openProbe();
            }
        }
    }

    /** A cancel may come too late for a host that switches by itself; the VM that is over there is seen to its end. */
    private void arriveDespite(StepStopped stop) {
        if (stop.reason() != StepStopped.Reason.CANCELLED) {
            throw stop;
        }
        v.trail().ignoreCancel();
        if (!new WayBack(v).arrivedAnyway()) {
            throw stop;
        }
        v.picture().fact(at, "cancelled", "too late: the host had moved the VM");
        for (MigrationStep passed : List.of(MigrationStep.TO_STANDBY, MigrationStep.COPY)) {
            if (v.picture().state(passed) == StepState.PENDING) {
                v.picture().begin(passed);
            }
            if (v.picture().state(passed) == StepState.RUNNING) {
                v.picture().done(passed);
            }
        }
        goThrough(STEPS.subList(MigrationStep.SWITCH.ordinal(), STEPS.size()));
    }

    private void openProbe() {
        Optional<ProbeTarget> target = Preflight.probeTarget(v.plan());
        if (target.isEmpty()) {
            v.picture().networkGap(new NetworkGap.NotMeasured("no probe is set up for this VM"));
            return;
        }
        try {
            v.probe(v.around().probes().open(target.get()));
        } catch (UnderstudyException e) {
            v.picture().networkGap(new NetworkGap.NotMeasured(e.getMessage()));
        }
    }

    @Override
    public void cancel() {
        v.trail().cancel();
    }

    @Override
    public void abandon() {
        v.trail().abandon();
    }
}

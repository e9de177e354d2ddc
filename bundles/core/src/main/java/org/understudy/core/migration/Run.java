// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
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
            new Ending(v).arrived();
        } catch (StepStopped stop) {
            new Ending(v).stopped(at, stop);
        } catch (RuntimeException e) {
            new Ending(v).failed(at, e);
        } finally {
            v.trail().close();
            v.probe().ifPresent(GapProbe::close);
        }
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

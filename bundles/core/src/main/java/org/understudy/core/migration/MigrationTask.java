// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.Task;
import org.understudy.core.migration.context.VmSnapshot;
import org.understudy.core.migration.step.Arrived;
import org.understudy.core.migration.step.CopyStep;
import org.understudy.core.migration.step.LeaseStep;
import org.understudy.core.migration.step.MigrationCompletion;
import org.understudy.core.migration.step.PlugStep;
import org.understudy.core.migration.step.PreflightStep;
import org.understudy.core.migration.step.Prepared;
import org.understudy.core.migration.step.ReleaseStep;
import org.understudy.core.migration.step.Sending;
import org.understudy.core.migration.step.SwitchoverStep;
import org.understudy.core.migration.step.UnplugStep;
import org.understudy.core.probe.GapProbe;

/** Runs the seven steps of one migration in order; each step takes the results of earlier ones. */
final class MigrationTask implements Task {
    private final MigrationContext context;
    private MigrationStep at = MigrationStep.PREFLIGHT;
    private Optional<GapProbe> probe = Optional.empty();

    MigrationTask(MigrationContext context) {
        this.context = context;
    }

    @Override
    public void run() {
        try {
            subscribe();
            migrate();
        } catch (StepAbortedException stop) {
            completion().abort(at, stop);
        } catch (RuntimeException | Error e) {
            completion().fail(at, e);
        } finally {
            context.events().close();
            probe.ifPresent(GapProbe::close);
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

    private void migrate() {
        VmSnapshot snapshot = step(MigrationStep.PREFLIGHT, () -> new PreflightStep().run(context));
        probe = openProbe();
        Prepared prepared = step(MigrationStep.LEASE, new LeaseStep(context, snapshot)::run);
        begin(MigrationStep.TO_STANDBY);
        UnplugStep unplug = new UnplugStep(context, prepared);
        Sending sending = unplug.start();
        Arrived arrived = arrive(unplug, sending);
        PlugStep plug = new PlugStep(context, arrived, probe);
        boolean enabled = step(MigrationStep.TO_PRIMARY, plug::run);
        if (enabled) {
            plug.opening().ifPresent(context.services().journal().measured()::add);
        }
        begin(MigrationStep.RELEASE);
        new ReleaseStep(context, snapshot, sending.source().outgoing()).run();
        context.status().done(MigrationStep.RELEASE);
        refreshLists();
        completion().complete(arrived, enabled);
    }

    /** A list of VMs that is read after the end of the migration shows the VM on its destination. */
    private void refreshLists() {
        for (Host host :
                List.of(context.request().destination(), context.request().source())) {
            context.services().refresh().accept(host.name(), context.request().vm());
        }
    }

    /** From the begin of sending to the end of the switchover. */
    private Arrived arrive(UnplugStep unplug, Sending sending) {
        try {
            unplug.awaitRelease(sending);
            context.status().done(MigrationStep.TO_STANDBY);
            begin(MigrationStep.COPY);
            new CopyStep(context, sending).run();
            context.status().done(MigrationStep.COPY);
            return switchOver(sending);
        } catch (StepAbortedException stop) {
            requireArrived(sending, stop);
            return switchOver(sending);
        }
    }

    private Arrived switchOver(Sending sending) {
        return step(MigrationStep.SWITCH, new SwitchoverStep(context, sending)::run);
    }

    /** A cancel may come too late for a host that switches by itself; the migration of a VM that has arrived is completed. */
    private void requireArrived(Sending sending, StepAbortedException stop) {
        if (stop.reason() != StepAbortedException.Reason.CANCELLED) {
            throw stop;
        }
        context.events().ignoreCancel();
        if (!sending.hasArrivedDespiteCancel()) {
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
    }

    private <T> T step(MigrationStep step, Supplier<T> work) {
        begin(step);
        T result = work.get();
        context.status().done(step);
        return result;
    }

    private void begin(MigrationStep step) {
        at = step;
        context.events().requireNotCancelled();
        context.status().begin(step);
    }

    /** Empty if the network gap is not measured; the status has the reason. */
    private Optional<GapProbe> openProbe() {
        Optional<ProbeTarget> target = PreflightStep.probeTarget(context.request());
        if (target.isEmpty()) {
            context.status().networkGap(new NetworkGap.NotMeasured("no probe is configured for this VM"));
            return Optional.empty();
        }
        try {
            return Optional.of(context.services().probes().open(target.get()));
        } catch (UnderstudyException e) {
            context.status().networkGap(new NetworkGap.NotMeasured(e.getMessage()));
            return Optional.empty();
        }
    }

    private MigrationCompletion completion() {
        return new MigrationCompletion(context, probe);
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

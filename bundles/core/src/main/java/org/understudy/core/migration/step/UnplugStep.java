// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.UnplugFindings;

/**
 * Step 3: starts sending, for which QEMU requests an unplug of the primaries, and requires proof that the guest released
 * them.
 */
public final class UnplugStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.TO_STANDBY;
    }

    @Override
    public void run(MigrationContext context) {
        StandbyForwarding.onSource(context);
        if (context.isExplicit()) {
            new ExplicitUnplug(context).run();
            startSending(context);
            awaitUnplug(context);
            return;
        }
        startSending(context);
        List<PairView> held = context.snapshot().held();
        if (held.isEmpty()) {
            context.status()
                    .skip(
                            step(),
                            context.snapshot().pairs().isEmpty()
                                    ? "the VM has no failover pair"
                                    : "the guest has no primary at present");
            return;
        }
        awaitUnplug(context);
        requireProof(context);
        context.status().fact(step(), "evidence", "QEMU waited for the guest and continued (wait-unplug, then active)");
        context.events().fromSource().stream()
                .filter(HostEvent.UnplugRequested.class::isInstance)
                .map(HostEvent.UnplugRequested.class::cast)
                .forEach(e -> context.status().fact(step(), e.primary().value(), "unplug requested at " + e.at()));
    }

    private void startSending(MigrationContext context) {
        OutgoingRequest request = new OutgoingRequest(
                context.request().id(),
                context.request().vm(),
                context.incoming().uri(),
                context.request().options(),
                context.liveOnDestination(),
                context.configuredOnDestination());
        OutgoingMigration outgoing = DeadlineCall.callUncancellable(
                context.events(),
                step(),
                "the source QEMU to accept the command",
                context.request().deadlines().prepare(),
                () -> context.request().source().startOutgoing(request),
                OutgoingMigration::cancel);
        context.sourceMonitor(new SourceMonitor(
                context.request(),
                context.events(),
                outgoing,
                context.services().time()));
        context.rollbacks()
                .push(
                        step(),
                        "undoSending",
                        new Rollback(context)::cancelSending,
                        new RollbackFindings(context)::placeRemedy);
    }

    private void awaitUnplug(MigrationContext context) {
        Duration limit = context.request().deadlines().unplug();
        Optional<MigrationPhase> beyond = context.events()
                .poll(
                        limit,
                        () -> Optional.of(context.sourceMonitor()
                                        .queryAndRequireAlive()
                                        .phase())
                                .filter(SourceMonitor::isPastUnplug));
        if (beyond.isEmpty()) {
            throw StepAbortedException.failed(UnplugFindings.notReleased(
                    context.request(),
                    context.snapshot().held(),
                    context.sourceMonitor().waitedForGuest()
                            ? "The guest has not released its primary within " + limit.toMillis() + " ms"
                            : "QEMU has not begun to copy within " + limit.toMillis() + " ms"));
        }
    }

    /** QEMU can continue without a release by the guest: while the guest reboots, or if the slot was busy. */
    private void requireProof(MigrationContext context) {
        boolean proven = context.events()
                .poll(context.services().timings().grace(), () -> {
                    context.sourceMonitor().queryAndRequireAlive();
                    return context.sourceMonitor().waitedForGuest() ? Optional.of(true) : Optional.empty();
                })
                .isPresent();
        if (!proven) {
            throw StepAbortedException.failed(UnplugFindings.notReleased(
                    context.request(),
                    context.snapshot().held(),
                    "QEMU began to copy without evidence that the guest released its primary"));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.EventTime;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.UnplugFindings;

/**
 * Step 3: starts sending, for which QEMU requests an unplug of the primaries, and requires proof that the guest released
 * them.
 */
public final class UnplugStep {
    private final MigrationContext context;
    private final Prepared prepared;
    private final List<PairView> held;

    public UnplugStep(MigrationContext context, Prepared prepared) {
        this.context = context;
        this.prepared = prepared;
        this.held = prepared.snapshot().held();
    }

    /** The first part of the step, up to the begin of sending. Blocks. */
    public Sending start() {
        context.answers().otherMigration().ifPresent(other -> {
            throw StepAbortedException.failed(other);
        });
        StandbyForwarding.onSource(context, prepared.snapshot());
        Optional<EventTime> unplugged =
                prepared.isExplicit() ? new ExplicitUnplug(context, prepared).run() : Optional.empty();
        return new Sending(prepared, startSending(), unplugged);
    }

    /** The second part of the step. Blocks. */
    public void awaitRelease(Sending sending) {
        SourceMonitor source = sending.source();
        if (prepared.isExplicit()) {
            awaitUnplug(source);
            return;
        }
        if (held.isEmpty()) {
            context.status()
                    .skip(
                            MigrationStep.TO_STANDBY,
                            prepared.snapshot().pairs().isEmpty()
                                    ? "the VM has no failover pair"
                                    : "the guest has no primary at present");
            return;
        }
        awaitUnplug(source);
        requireProof(source);
        context.status()
                .fact(
                        MigrationStep.TO_STANDBY,
                        "evidence",
                        "QEMU waited for the guest and continued (wait-unplug, then active)");
        context.events()
                .source()
                .of(HostEvent.UnplugRequested.class)
                .forEach(e -> context.status()
                        .fact(MigrationStep.TO_STANDBY, e.primary().value(), "unplug requested at " + e.at()));
    }

    private SourceMonitor startSending() {
        OutgoingRequest request = new OutgoingRequest(
                context.request().id(),
                context.request().vm(),
                prepared.incoming().uri(),
                context.request().options(),
                prepared.request().liveDefinition(),
                prepared.request().configuredDefinition());
        prepared.rollback().addSendRequest();
        OutgoingMigration outgoing = DeadlineCall.callUncancellable(
                context.events(),
                MigrationStep.TO_STANDBY,
                "the source QEMU to accept the command",
                context.request().deadlines().prepare(),
                () -> context.request().source().startOutgoing(request),
                this::cancel);
        SourceMonitor source = new SourceMonitor(
                context.request(),
                context.events(),
                outgoing,
                context.services().scheduler());
        prepared.rollback().addSending(source);
        requireOwn(source);
        return source;
    }

    /** A host that switches by itself would cancel the migration of another server. */
    private void cancel(OutgoingMigration late) {
        if (!late.switchesByItself() || context.hasArrivedOrArrives()) {
            late.cancel();
        }
    }

    /** A host that switches by itself shows the migration of another server as if it were this one. */
    private void requireOwn(SourceMonitor source) {
        boolean own = source.isOwn()
                || context.events()
                        .poll(context.request().deadlines().prepare(), () -> {
                            if (context.hasArrivedOrArrives()) {
                                source.prove();
                            } else {
                                source.queryAndRequireAlive();
                            }
                            return Optional.of(true).filter(yes -> source.isOwn());
                        })
                        .isPresent();
        if (!own) {
            HostName destination = context.request().destination().name();
            throw StepAbortedException.failed(
                    FindingCode.MIGRATION_FAILED,
                    context.request().subject(),
                    "Host " + context.request().source().name() + " has not begun this migration: host " + destination
                            + " does not receive the VM from it",
                    "Wait until no other migration of the VM is under way, then start the migration again.");
        }
    }

    private void awaitUnplug(SourceMonitor source) {
        Duration limit = context.request().deadlines().unplug();
        Optional<MigrationPhase> beyond = context.events()
                .poll(
                        limit,
                        () -> Optional.of(source.queryAndRequireAlive().phase()).filter(SourceMonitor::isPastUnplug));
        if (beyond.isEmpty()) {
            throw StepAbortedException.failed(UnplugFindings.notReleased(
                    context.request(),
                    held,
                    source.waitedForGuest()
                            ? "The guest has not released its primary within " + limit.toMillis() + " ms"
                            : "QEMU has not begun to copy within " + limit.toMillis() + " ms"));
        }
    }

    /** QEMU can continue without a release by the guest: while the guest reboots, or if the slot was busy. */
    private void requireProof(SourceMonitor source) {
        boolean proven = context.events()
                .poll(context.services().timings().grace(), () -> {
                    source.queryAndRequireAlive();
                    return source.waitedForGuest() ? Optional.of(true) : Optional.empty();
                })
                .isPresent();
        if (!proven) {
            throw StepAbortedException.failed(UnplugFindings.notReleased(
                    context.request(),
                    held,
                    "QEMU began to copy without evidence that the guest released its primary"));
        }
    }
}

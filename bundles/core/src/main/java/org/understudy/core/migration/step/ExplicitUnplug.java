// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.understudy.api.Alias;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.DeadlineCall;
import org.understudy.core.migration.context.EventTime;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.UnplugFindings;

/**
 * Requests the unplug of the primaries before QEMU begins to send. The proof is that QEMU no longer has the device; the
 * answer to the command is none, and without an event it is unknown whether the guest will ever release it.
 */
final class ExplicitUnplug {
    private final MigrationContext context;
    private final Rollback rollback;
    private final List<PairView> held;

    ExplicitUnplug(MigrationContext context, Prepared prepared) {
        this.context = context;
        this.rollback = prepared.rollback();
        this.held = prepared.snapshot().held();
    }

    /** Blocks; returns when the guest had released its primaries, or an empty value if it has none. */
    Optional<EventTime> run() {
        if (held.isEmpty()) {
            return Optional.empty();
        }
        rollback.addUnplug(held);
        for (PairView pair : held) {
            DeadlineCall.call(
                    context.events(),
                    MigrationStep.TO_STANDBY,
                    "the source to request the unplug of " + pair.primary(),
                    context.request().deadlines().prepare(),
                    () -> context.request()
                            .source()
                            .unplugPrimary(context.request().vm(), pair.primary()));
        }
        Duration limit = context.request().deadlines().unplug();
        boolean released = context.events()
                .poll(limit, () -> areReleased() ? Optional.of(true) : Optional.empty())
                .isPresent();
        if (!released) {
            throw StepAbortedException.failed(UnplugFindings.notReleased(
                    context.request(),
                    held,
                    "The guest has not released its primary within " + limit.toMillis() + " ms"));
        }
        context.status().fact(MigrationStep.TO_STANDBY, "evidence", "QEMU no longer has the device");
        return lastEvent()
                .or(() -> Optional.of(
                        EventTime.seen(context.services().scheduler().nanos())));
    }

    private boolean areReleased() {
        context.events().source().stopped().ifPresent(reason -> {
            throw StepAbortedException.guestLost(SourceMonitor.sourceGone(context.request(), reason));
        });
        return held.stream()
                .allMatch(p -> context.request()
                                .source()
                                .primaryPresence(context.request().vm(), p.primary())
                        == PrimaryPresence.ABSENT);
    }

    private Optional<EventTime> lastEvent() {
        Set<Alias> primaries = held.stream().map(PairView::primary).collect(Collectors.toSet());
        return context.events()
                .source()
                .of(HostEvent.DeviceGone.class)
                .filter(e -> primaries.contains(e.device()))
                .map(context.events().source()::time)
                .max(Comparator.comparing(EventTime::nanos));
    }
}

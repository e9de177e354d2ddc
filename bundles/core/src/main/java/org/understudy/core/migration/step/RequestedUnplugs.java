// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.List;
import org.understudy.api.Severity;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.UnplugFindings;
import org.understudy.core.migration.context.VmSnapshot;

/** The primaries whose unplug a migration requested. Records, in a rollback, those that the guest may still release. */
final class RequestedUnplugs {
    private final MigrationContext context;
    private final VmSnapshot snapshot;
    private final Host source;

    RequestedUnplugs(MigrationContext context, VmSnapshot snapshot) {
        this.context = context;
        this.snapshot = snapshot;
        this.source = context.request().source();
    }

    /**
     * A guest that has not answered an unplug request may still release the primary at any time. QEMU 6.1 and newer end
     * the cancel early only if the guest did answer; and a released primary is no longer enabled.
     */
    void markUnreleased(boolean ended, Duration waited) {
        boolean answered = ended
                && source.facts().qemuVersion().filter(q -> q.atLeast(6, 1)).isPresent()
                && waited.compareTo(context.services().timings().ownUnplugWait()) < 0;
        if (answered) {
            return;
        }
        for (PairView pair : snapshot.held()) {
            PrimaryPresence before = snapshot.presence().get(pair.primary());
            PrimaryAnswer now = answer(pair);
            boolean released = before == PrimaryPresence.ENABLED
                    && (now.is(PrimaryPresence.PLUGGED) || now.is(PrimaryPresence.ABSENT));
            if (!released) {
                markPending(pair);
            }
        }
    }

    private void markPending(PairView pair) {
        context.services()
                .unplugGuard()
                .unplugPending(source.name(), context.request().vm(), pair);
        context.status()
                .add(UnplugFindings.unplugPending(context.request().subject(), pair.primary())
                        .as(Severity.WARNING));
    }

    /** A guest that still has a primary whose unplug this migration requested may release it at any time. */
    String markRequested(List<PairView> requested) {
        if (context.answers().otherMigration().isPresent()) {
            return "left to the other migration of the VM";
        }
        List<PairView> pending = requested.stream()
                .filter(p -> !answer(p).is(PrimaryPresence.ABSENT))
                .toList();
        pending.forEach(this::markPending);
        return pending.size() + " of " + requested.size() + " may still be released";
    }

    private PrimaryAnswer answer(PairView pair) {
        return PrimaryAnswer.of(source, context.request().vm(), pair.primary());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationJournal.Stage;
import org.understudy.core.migration.context.SourceMonitor;
import org.understudy.core.migration.context.StepAbortedException;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * A migration that was running when this server stopped: what the journal has of it, and what both hosts answer now.
 *
 * @param context of its recovery
 */
record InterruptedMigration(MigrationJournal.Entry entry, MigrationContext context) {
    Migration before() {
        return entry.migration();
    }

    Stage stage() {
        return entry.stage();
    }

    Host source() {
        return context.request().source();
    }

    Host destination() {
        return context.request().destination();
    }

    /** The step that was running when this server stopped. */
    MigrationStep lastStep() {
        return before().steps().stream()
                .filter(s -> s.state() == StepState.RUNNING)
                .map(StepReport::step)
                .findFirst()
                .orElse(stage() == Stage.STARTED ? MigrationStep.PREFLIGHT : MigrationStep.LEASE);
    }

    /** A host that does not answer is queried again, up to the limit. */
    VmState awaitState(Host host) {
        return context.events()
                .poll(context.services().timings().absence(), () -> Optional.of(state(host)))
                .orElseThrow();
    }

    private VmState state(Host host) {
        return host.find(before().vm())
                .filter(vm -> before().uuid().map(vm.uuid()::equals).orElse(true))
                .map(HostedVm::state)
                .orElse(VmState.SHUTOFF);
    }

    /** The source, while it sends; empty if its QEMU is gone, or never sent. */
    Optional<SourceMonitor> sender() {
        return outgoing()
                .map(o -> new SourceMonitor(
                        context.request(),
                        context.events(),
                        o,
                        context.services().scheduler()));
    }

    /** A host that does not record whose migration it sends shows that of another server too. */
    Optional<OutgoingMigration> outgoing() {
        return source().outgoing(before().vm())
                .filter(o -> o.migration().map(before().id()::equals).orElse(true));
    }

    /** The former presence of each primary is unknown; only a primary that QEMU hides was hidden before. */
    VmSnapshot snapshotOn(Host host) {
        if (host.find(before().vm()).isEmpty()) {
            return new VmSnapshot("", "", List.of(), Map.of());
        }
        String configured = host.definition(before().vm());
        String live = host.liveDefinition(before().vm()).orElse(configured);
        List<PairView> pairs = context.services()
                .definitions()
                .view(live)
                .pairsWith(context.services().definitions().view(configured));
        Map<Alias, PrimaryPresence> presence = new HashMap<>();
        for (PairView pair : pairs) {
            PrimaryPresence now = host.primaryPresence(before().vm(), pair.primary());
            presence.put(pair.primary(), now == PrimaryPresence.HIDDEN ? now : PrimaryPresence.UNKNOWN);
        }
        return new VmSnapshot(live, configured, pairs, Map.copyOf(presence));
    }

    /** Ends the recovery: an admin decides. */
    StepAbortedException unclear(String message) {
        return unclear(before(), message, " (" + context.answers() + ")");
    }

    /** Ends the recovery before both hosts have answered. */
    static StepAbortedException unclearWithoutAnswer(Migration before, String message) {
        return unclear(before, message, ", once both answer");
    }

    private static StepAbortedException unclear(Migration before, String message, String answers) {
        return StepAbortedException.unclear(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + before.vm(),
                message + "; nothing was changed",
                "Decide which of the hosts " + before.source() + " and " + before.destination()
                        + " has the valid copy of the VM" + answers + ", and destroy the other."));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.core.domain.DomainView.PairView;

/** Step 3: starts to send, which makes QEMU ask the guest for its primaries, and demands proof that it gave them. */
final class ToStandbyStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.TO_STANDBY;
    }

    @Override
    public void run(Voyage v) {
        Detour.onSource(v);
        if (v.isExplicit()) {
            new Unplugging(v).run();
            startSending(v);
            awaitUnplug(v);
            return;
        }
        startSending(v);
        List<PairView> held = v.cargo().held();
        if (held.isEmpty()) {
            v.picture()
                    .skip(
                            step(),
                            v.cargo().pairs().isEmpty()
                                    ? "the VM has no failover pair"
                                    : "the guest has no primary now");
            return;
        }
        awaitUnplug(v);
        requireProof(v);
        v.picture().fact(step(), "evidence", "QEMU waited for the guest and went on (wait-unplug, then active)");
        v.trail().fromSource().stream()
                .filter(HostEvent.UnplugRequested.class::isInstance)
                .map(HostEvent.UnplugRequested.class::cast)
                .forEach(e -> v.picture().fact(step(), e.primary().value(), "asked for at " + e.at()));
    }

    private void startSending(Voyage v) {
        OutgoingRequest request = new OutgoingRequest(
                v.plan().id(),
                v.plan().vm(),
                v.incoming().uri(),
                v.plan().options(),
                v.liveThere(),
                v.configuredThere());
        OutgoingMigration outgoing = Call.toItsAnswer(
                v.trail(),
                step(),
                "the source's QEMU to take the command",
                v.plan().deadlines().prepare(),
                () -> v.plan().source().startOutgoing(request),
                OutgoingMigration::cancel);
        v.sending(new Sending(v.plan(), v.trail(), outgoing, v.around().time()));
        v.undo().push(step(), "undoSending", new WayBack(v)::cancelSending);
    }

    private void awaitUnplug(Voyage v) {
        Duration limit = v.plan().deadlines().unplug();
        Optional<MigrationPhase> beyond = v.trail()
                .poll(
                        limit,
                        () -> Optional.of(v.sending().askAndRequireAlive().phase())
                                .filter(Sending::isPastUnplug));
        if (beyond.isEmpty()) {
            throw StepStopped.failed(UnplugFindings.notReleased(
                    v.plan(),
                    v.cargo().held(),
                    v.sending().waitedForGuest()
                            ? "The guest did not release its primary within " + limit.toMillis() + " ms."
                            : "QEMU did not begin to copy within " + limit.toMillis() + " ms."));
        }
    }

    /** QEMU can go on without the guest's release: while the guest reboots, or if the slot was busy. */
    private void requireProof(Voyage v) {
        boolean proven = v.trail()
                .poll(v.around().tempo().grace(), () -> {
                    v.sending().askAndRequireAlive();
                    return v.sending().waitedForGuest() ? Optional.of(true) : Optional.empty();
                })
                .isPresent();
        if (!proven) {
            throw StepStopped.failed(UnplugFindings.notReleased(
                    v.plan(),
                    v.cargo().held(),
                    "QEMU began to copy without a sign that the guest released its primary."));
        }
    }
}

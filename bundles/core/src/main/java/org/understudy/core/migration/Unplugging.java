// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.understudy.api.Alias;
import org.understudy.api.MigrationStep;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.domain.DomainView.PairView;

/**
 * Asks the guest for its primaries before QEMU begins to send. That QEMU does not have a device any more is the proof; the
 * answer to the command is none, and without an event nobody knows whether the guest will ever answer.
 */
final class Unplugging {
    private final Voyage v;
    private final List<PairView> held;

    Unplugging(Voyage voyage) {
        this.v = voyage;
        this.held = voyage.cargo().held();
    }

    void run() {
        if (held.isEmpty()) {
            return;
        }
        v.undo().push(MigrationStep.TO_STANDBY, "undoUnplug", () -> new WayBack(v).markAsked(held));
        for (PairView pair : held) {
            Call.within(
                    v.trail(),
                    MigrationStep.TO_STANDBY,
                    "the source to ask for " + pair.primary(),
                    v.plan().deadlines().prepare(),
                    () -> v.plan().source().unplugPrimary(v.plan().vm(), pair.primary()));
        }
        Duration limit = v.plan().deadlines().unplug();
        boolean gone = v.trail()
                .poll(limit, () -> isGone() ? Optional.of(true) : Optional.empty())
                .isPresent();
        if (!gone) {
            throw StepStopped.failed(UnplugFindings.notReleased(
                    v.plan(), held, "The guest did not release its primary within " + limit.toMillis() + " ms."));
        }
        v.unplugged(lastEvent().orElseGet(() -> v.around().time().instant()));
        v.picture().fact(MigrationStep.TO_STANDBY, "evidence", "QEMU does not have the device any more");
    }

    private boolean isGone() {
        v.trail().sourceStopped().ifPresent(reason -> {
            throw StepStopped.guestLost(Sending.sourceGone(v.plan(), reason));
        });
        return held.stream()
                .allMatch(p -> v.plan().source().primaryPresence(v.plan().vm(), p.primary()) == PrimaryPresence.ABSENT);
    }

    private Optional<Instant> lastEvent() {
        Set<Alias> primaries = held.stream().map(PairView::primary).collect(Collectors.toSet());
        return v.trail().fromSource().stream()
                .filter(HostEvent.DeviceGone.class::isInstance)
                .map(HostEvent.DeviceGone.class::cast)
                .filter(e -> primaries.contains(e.device()))
                .map(HostEvent::at)
                .max(Instant::compareTo);
    }
}

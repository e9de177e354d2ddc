// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.domain.DomainView.PairView;

/** How one primary comes to the guest on the destination: by QEMU itself, or plugged by this run. */
final class Return {
    private final Voyage v;
    private final PairView pair;

    Return(Voyage voyage, PairView pair) {
        this.v = voyage;
        this.pair = pair;
    }

    /** True once the guest has enabled it. */
    boolean within(Duration limit) {
        boolean enabled = v.isExplicit() ? !v.lacksVf(pair) && plug() && awaitEnabled(limit) : comesByItself(limit);
        v.picture().fact(MigrationStep.TO_PRIMARY, pair.primary().value(), answer());
        return enabled;
    }

    /** One that QEMU should have plugged while it loaded the VM, and has not, is plugged once more. */
    private boolean comesByItself(Duration limit) {
        Deadline end = v.trail().deadline(limit);
        boolean came = awaitEnabled(wasHidden() ? Duration.ZERO : graceOr(limit));
        if (came || wasHidden()) {
            return came;
        }
        if (answer().is(PrimaryPresence.ABSENT) && !v.lacksVf(pair)) {
            plug();
        }
        return awaitEnabled(end.left());
    }

    private Duration graceOr(Duration limit) {
        Duration grace = v.around().tempo().grace();
        return grace.compareTo(limit) < 0 ? grace : limit;
    }

    /** A primary that the source kept hidden will not come by waiting: the guest has not negotiated standby. */
    private boolean wasHidden() {
        return v.cargo().presence().get(pair.primary()) == PrimaryPresence.HIDDEN;
    }

    private Optional<PciAddress> vf() {
        return Optional.ofNullable(v.assignedVfs().get(pair.primary()));
    }

    private boolean plug() {
        try {
            Call.within(
                    v.trail(),
                    MigrationStep.TO_PRIMARY,
                    "the destination to plug " + pair.primary(),
                    v.plan().deadlines().plug(),
                    () -> v.plan().destination().plugPrimary(v.plan().vm(), pair.primary(), vf()));
            v.picture().fact(MigrationStep.TO_PRIMARY, "plugged-" + pair.primary(), "by Understudy");
            return true;
        } catch (UnderstudyException e) {
            v.picture()
                    .add(Finding.of(
                            FindingCode.PRIMARY_NOT_RETURNED,
                            v.plan().subject() + ", primary " + pair.primary(),
                            "It could not be plugged on host "
                                    + v.plan().destination().name() + ": " + e.getMessage() + ".",
                            e.code().remedy()));
            return false;
        }
    }

    private boolean awaitEnabled(Duration limit) {
        return v.trail()
                .poll(limit, () -> {
                    requireGuestAlive();
                    return answer().is(PrimaryPresence.ENABLED) ? Optional.of(true) : Optional.empty();
                })
                .isPresent();
    }

    /** What the destination says of the primary now. */
    PrimaryAnswer answer() {
        return PrimaryAnswer.of(v.plan().destination(), v.plan().vm(), pair.primary());
    }

    private void requireGuestAlive() {
        v.trail().destinationStopped().ifPresent(reason -> {
            throw StepStopped.unclear(Finding.of(
                    FindingCode.GUEST_NOT_RUNNING,
                    v.plan().on(v.plan().destination().name()),
                    "The VM stopped on the destination after the switch: " + reason + ".",
                    "Start the VM on host " + v.plan().destination().name() + "; its definition is there."));
        });
    }
}

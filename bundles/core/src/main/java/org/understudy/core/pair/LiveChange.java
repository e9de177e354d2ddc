// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.pair;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PairChange.Effect;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.vf.VfLeaseController;

/**
 * Brings what was switched to a running VM, as far as QEMU can: a primary is taken out, or put in beside a NIC that was
 * started as a standby. A NIC that was not can never become one while it runs. A device is never updated for this: libvirt
 * calls that a success and does nothing.
 */
record LiveChange(VfLeaseController vfs) {

    /**
     * @param before what was stored
     * @param after what is stored now
     * @param findings takes why a running VM could not be told
     */
    Effect apply(VmLocation here, DomainView before, DomainView after, Consumer<Finding> findings) {
        if (here.vm().state() == VmState.SHUTOFF) {
            return Effect.AT_NEXT_START;
        }
        try {
            return notifyListeners(here, before, after);
        } catch (UnderstudyException e) {
            String vm = "vm " + here.vm().name();
            findings.accept(Finding.of(
                    FindingCode.LIVE_CHANGE_REFUSED,
                    vm,
                    "The running %s could not be told: %s".formatted(vm, e.getMessage()),
                    "Shut it down and start it again; what was switched is stored."));
            return Effect.AFTER_RESTART;
        }
    }

    private Effect notifyListeners(VmLocation here, DomainView before, DomainView after) {
        Optional<DomainView> live = here.host().liveDefinition(here.vm().name()).map(DomainView::of);
        List<PairView> off = without(before.pairs(), after.pairs());
        List<PairView> on = without(after.pairs(), before.pairs());
        if (live.isEmpty() || off.isEmpty() == on.isEmpty()) {
            return Effect.AFTER_RESTART;
        }
        return on.isEmpty() ? takeOut(here, live.get(), off) : putIn(here, live.get(), on);
    }

    private static List<PairView> without(List<PairView> pairs, List<PairView> others) {
        return pairs.stream()
                .filter(p -> others.stream().noneMatch(p::isSameAs))
                .toList();
    }

    private static boolean runs(VmLocation here, DomainView live, PairView pair) {
        return live.pairs().stream().anyMatch(pair::isSameAs) && presence(here, pair) != PrimaryPresence.ABSENT;
    }

    private static PrimaryPresence presence(VmLocation here, PairView pair) {
        return here.host().primaryPresence(here.vm().name(), pair.primary());
    }

    /** The guest is asked, and may take its time. */
    private Effect takeOut(VmLocation here, DomainView live, List<PairView> pairs) {
        Effect effect = Effect.NONE;
        for (PairView pair : pairs) {
            if (runs(here, live, pair)) {
                vfs.forwardToStandby(here, pair.primary());
                here.host().unplugPrimary(here.vm().name(), pair.primary());
                effect = Effect.AT_ONCE;
            }
        }
        return effect;
    }

    private Effect putIn(VmLocation here, DomainView live, List<PairView> pairs) {
        List<PairView> missing =
                pairs.stream().filter(p -> !runs(here, live, p)).toList();
        if (missing.isEmpty()) {
            return Effect.NONE;
        }
        if (!missing.stream().allMatch(live::carries)) {
            return Effect.AFTER_RESTART;
        }
        vfs.callWithLeases(
                here,
                missing,
                assigned -> missing.forEach(p -> here.host()
                        .plugPrimary(here.vm().name(), p.primary(), Optional.ofNullable(assigned.get(p.primary())))));
        return Effect.AT_ONCE;
    }
}

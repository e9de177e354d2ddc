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
 * Applies a stored change of pairs to the running VM, as far as QEMU can: it unplugs a primary, or plugs one for a NIC
 * that was started as a standby NIC. Any other NIC becomes a standby NIC only at a restart. No device is updated for this,
 * because libvirt reports success and does nothing.
 */
record LiveChange(VfLeaseController vfs) {

    /**
     * @param before the former stored definition
     * @param after the new stored definition
     * @param findings receives the reason if the running VM could not be changed
     */
    Effect apply(VmLocation here, DomainView before, DomainView after, Consumer<Finding> findings) {
        if (here.vm().state() == VmState.SHUTOFF) {
            return Effect.AT_NEXT_START;
        }
        try {
            return changeLive(here, before, after);
        } catch (UnderstudyException e) {

            findings.accept(Finding.of(
                    FindingCode.LIVE_CHANGE_REFUSED,
                    "vm " + here.vm().name(),
                    "Running VM %s could not be changed: %s".formatted(here.vm().name(), e.getMessage()),
                    "Shut down the VM and start it again; the stored definition has the change."));
            return Effect.AFTER_RESTART;
        }
    }

    private Effect changeLive(VmLocation here, DomainView before, DomainView after) {
        Optional<DomainView> live = here.host().liveDefinition(here.vm().name()).map(DomainView::of);
        List<PairView> removed = without(before.pairs(), after.pairs());
        List<PairView> added = without(after.pairs(), before.pairs());
        if (live.isEmpty() || removed.isEmpty() == added.isEmpty()) {
            return Effect.AFTER_RESTART;
        }
        return added.isEmpty() ? unplug(here, live.get(), removed) : plug(here, live.get(), added);
    }

    private static List<PairView> without(List<PairView> pairs, List<PairView> others) {
        return pairs.stream()
                .filter(p -> others.stream().noneMatch(p::isSameAs))
                .toList();
    }

    private static boolean isLive(VmLocation here, DomainView live, PairView pair) {
        return live.pairs().stream().anyMatch(pair::isSameAs) && presence(here, pair) != PrimaryPresence.ABSENT;
    }

    private static PrimaryPresence presence(VmLocation here, PairView pair) {
        return here.host().primaryPresence(here.vm().name(), pair.primary());
    }

    /** Requests the unplug; the guest releases the primary later. */
    private Effect unplug(VmLocation here, DomainView live, List<PairView> pairs) {
        Effect effect = Effect.NONE;
        for (PairView pair : pairs) {
            if (isLive(here, live, pair)) {
                vfs.forwardToStandby(here, pair.primary());
                here.host().unplugPrimary(here.vm().name(), pair.primary());
                effect = Effect.AT_ONCE;
            }
        }
        return effect;
    }

    private Effect plug(VmLocation here, DomainView live, List<PairView> pairs) {
        List<PairView> missing =
                pairs.stream().filter(p -> !isLive(here, live, p)).toList();
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

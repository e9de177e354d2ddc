// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationStep;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;

/**
 * Leads frames to the standby NICs on both hosts while the guest is without its VFs; when it has taken one again, {@link
 * org.understudy.core.vm.Detours} ends that. Where it cannot be done frames are lost, but the VM can move.
 */
final class Detour {
    private Detour() {}

    /** Before the guest is asked for its VFs. */
    static void onSource(Voyage v) {
        if (v.cargo().held().stream().noneMatch(p -> p.kind() == PrimaryKind.VF)) {
            return;
        }
        HostName source = v.plan().source().name();
        try {
            List<Lease> leases = v.around().pools().map(p -> p.leases(source)).orElse(List.of()).stream()
                    .filter(lease -> lease.vm().equals(v.plan().vm()))
                    .toList();
            v.undo().push(MigrationStep.TO_STANDBY, "undoDetour", () -> end(v, leases));
            leases.forEach(lease -> begin(v, MigrationStep.TO_STANDBY, lease));
        } catch (UnderstudyException e) {
            v.picture().add(failed(v, source, e));
        }
    }

    /** While the guest still runs on the source: the switch is no time for it. */
    static void onDestination(Voyage v) {
        v.leases().forEach(lease -> begin(v, MigrationStep.COPY, lease));
    }

    private static void begin(Voyage v, MigrationStep step, Lease lease) {
        try {
            pools(v).detour(lease, true);
            v.picture().fact(step, "detour-" + lease.primary(), "frames for " + lease.vf() + " reach the standby NIC");
        } catch (UnderstudyException e) {
            v.picture().add(failed(v, lease.host(), e));
        }
    }

    /** A guest that has not got its VF back yet still needs the detour. */
    private static String end(Voyage v, List<Lease> leases) {
        List<Lease> back = leases.stream()
                .filter(lease ->
                        v.plan().source().primaryPresence(v.plan().vm(), lease.primary()) == PrimaryPresence.ENABLED)
                .toList();
        back.forEach(lease -> pools(v).detour(lease, false));
        return back.size() + " of " + leases.size() + " ended";
    }

    private static VfPools pools(Voyage v) {
        return v.around().pools().orElseThrow();
    }

    private static Finding failed(Voyage v, HostName host, UnderstudyException why) {
        return Finding.of(
                FindingCode.DETOUR_FAILED,
                v.plan().on(host),
                "Frames for the VM may be lost while it runs on its standby NIC: the PF of its VF could not be told to let"
                        + " them pass: " + why.getMessage() + ".",
                "Allow understudy-vf the command detour in its access list on the host.");
    }
}

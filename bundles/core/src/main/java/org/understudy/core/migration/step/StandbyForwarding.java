// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

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
import org.understudy.core.migration.context.MigrationContext;

/**
 * Leads frames to the standby NICs on both hosts while the guest is without its VFs; when it has taken one again, {@link
 * org.understudy.core.vf.FdbController} ends that. Where it cannot be done frames are lost, but the VM can move.
 */
final class StandbyForwarding {
    private StandbyForwarding() {}

    /** Before the guest is asked for its VFs. */
    static void onSource(MigrationContext context) {
        if (context.snapshot().held().stream().noneMatch(p -> p.kind() == PrimaryKind.VF)) {
            return;
        }
        HostName source = context.request().source().name();
        try {
            List<Lease> leases = context.services().pools().map(p -> p.leases(source)).orElse(List.of()).stream()
                    .filter(lease -> lease.vm().equals(context.request().vm()))
                    .toList();
            context.rollbacks().push(MigrationStep.TO_STANDBY, "undoDetour", () -> disable(context, leases), () -> "Remove the forwarding entries on host "
                    + source + " with \"understudy-vf forwarding VF HOLDER off\".");
            leases.forEach(lease -> enable(context, MigrationStep.TO_STANDBY, lease));
        } catch (UnderstudyException e) {
            context.status().add(failed(context, source, e));
        }
    }

    /** While the guest still runs on the source: the switch is no time for it. */
    static void onDestination(MigrationContext context) {
        context.leases().forEach(lease -> enable(context, MigrationStep.COPY, lease));
    }

    private static void enable(MigrationContext context, MigrationStep step, Lease lease) {
        try {
            pools(context).forward(lease, true);
            context.status()
                    .fact(step, "detour-" + lease.primary(), "frames for " + lease.vf() + " reach the standby NIC");
        } catch (UnderstudyException e) {
            context.status().add(failed(context, lease.host(), e));
        }
    }

    /** A guest that has not got its VF back yet still needs the detour. */
    private static String disable(MigrationContext context, List<Lease> leases) {
        List<Lease> enabled = leases.stream()
                .filter(lease -> context.request()
                                .source()
                                .primaryPresence(context.request().vm(), lease.primary())
                        == PrimaryPresence.ENABLED)
                .toList();
        enabled.forEach(lease -> pools(context).forward(lease, false));
        return enabled.size() + " of " + leases.size() + " ended";
    }

    private static VfPools pools(MigrationContext context) {
        return context.services().pools().orElseThrow();
    }

    private static Finding failed(MigrationContext context, HostName host, UnderstudyException why) {
        return Finding.of(
                FindingCode.DETOUR_FAILED,
                context.request().subjectOn(host),
                "Frames for the VM may be lost while it runs on its standby NIC: the PF of its VF could not be told to let"
                        + " them pass: " + why.getMessage() + ".",
                "Allow understudy-vf the command detour in its access list on the host.");
    }
}

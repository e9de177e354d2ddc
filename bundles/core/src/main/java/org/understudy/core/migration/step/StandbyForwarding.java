// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.List;
import org.understudy.api.ErrorCode;
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
import org.understudy.core.migration.context.VmSnapshot;

/**
 * Adds forwarding entries on both hosts so that frames reach the standby NICs while the guest has no VFs; {@link
 * org.understudy.core.vf.FdbController} removes them once the guest has enabled a VF again. A failure loses frames, but
 * does not prevent the migration.
 */
final class StandbyForwarding {
    private StandbyForwarding() {}

    /** Called before the unplug is requested. */
    static void onSource(MigrationContext context, VmSnapshot snapshot) {
        if (snapshot.held().stream().noneMatch(p -> p.kind() == PrimaryKind.VF)) {
            return;
        }
        HostName source = context.request().source().name();
        try {
            List<Lease> leases = context.services().pools().map(p -> p.leases(source)).orElse(List.of()).stream()
                    .filter(lease -> lease.vm().equals(context.request().vm()))
                    .toList();
            context.rollbacks()
                    .push(
                            MigrationStep.TO_STANDBY,
                            "undoDetour",
                            () -> disable(context, leases),
                            () -> "Remove the forwarding entries on host " + source
                                    + " with \"understudy-vf forwarding VF HOLDER off\".");
            leases.forEach(lease -> enable(context, MigrationStep.TO_STANDBY, lease));
        } catch (UnderstudyException e) {
            context.status().add(failed(context, source, e));
        }
    }

    /** Called while the guest still runs on the source, to keep the downtime short. */
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

    /** A guest that has not enabled its VF again still needs forwarding. */
    private static String disable(MigrationContext context, List<Lease> leases) {
        List<Lease> enabled = leases.stream()
                .filter(lease -> context.request()
                                .source()
                                .primaryPresence(context.request().vm(), lease.primary())
                        == PrimaryPresence.ENABLED)
                .toList();
        enabled.forEach(lease -> pools(context).forward(lease, false));
        return enabled.size() + " of " + leases.size() + " removed";
    }

    private static VfPools pools(MigrationContext context) {
        return context.services().pools().orElseThrow();
    }

    private static Finding failed(MigrationContext context, HostName host, UnderstudyException why) {
        return Finding.of(
                FindingCode.DETOUR_FAILED,
                context.request().subjectOn(host),
                "Frames for the VM may be lost while it uses its standby NIC: forwarding could not be set on the PF of its"
                        + " VF: " + why.getMessage(),
                why.code() == ErrorCode.NOT_PERMITTED
                        ? "Allow the command \"forwarding\" in the access list of understudy-vf on the host."
                        : why.code().remedy());
    }
}

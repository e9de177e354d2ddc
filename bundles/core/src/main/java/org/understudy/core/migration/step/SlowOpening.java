// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStrategy;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.VfOpenings;
import org.understudy.core.migration.context.VmSnapshot;

/** The part of the preflight that warns of a guest whose memory makes its VFs slow to open. */
final class SlowOpening {
    /** Below this the time is not worth a change of the VM. */
    private static final Duration WORTH_A_CHANGE = Duration.ofSeconds(5);

    private static final long BYTES_PER_GIB = 1L << 30;

    private SlowOpening() {}

    static List<Finding> findings(MigrationRequest request, VmSnapshot snapshot, VfOpenings openings) {
        OpeningTime opening = OpeningTime.of(request.vm(), snapshot, openings);
        if (snapshot.vfs() == 0 || opening.time().compareTo(WORTH_A_CHANGE) < 0) {
            return List.of();
        }
        StrategySelection choice = StrategySelection.of(request, snapshot, Set.of(), openings);
        boolean pauses = choice.strategy() == MigrationStrategy.AUTOMATIC;
        boolean prepared = snapshot.memory().prepared();
        return List.of(Finding.of(
                FindingCode.VF_OPENING_SLOW,
                request.subject(),
                "Opening the VFs of VM %s on host %s takes about %d s, as VFIO pins %s%d GiB of memory; %s"
                        .formatted(
                                request.vm(),
                                request.destination().name(),
                                opening.time().toSeconds(),
                                prepared ? "" : "and clears ",
                                snapshot.memory().bytes() / BYTES_PER_GIB,
                                pauses ? "the VM is paused meanwhile" : "the VM uses its standby NIC meanwhile"),
                remedy(request, pauses, prepared)));
    }

    /** The connector {@code qemu} does not support memory backing. */
    private static String remedy(MigrationRequest request, boolean pauses, boolean prepared) {
        if (!prepared && request.source().facts().libvirtVersion().isPresent()) {
            return "Add <hugepages/> or <allocation mode='immediate'/> to <memoryBacking> of the VM, and restart it.";
        }
        return pauses
                ? "Migrate with --strategy explicit, so that the VM runs meanwhile."
                : "Start the migration at a time at which the rate of the standby NIC is sufficient.";
    }
}

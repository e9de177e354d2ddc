// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.VmName;
import org.understudy.core.migration.context.VfOpenings;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * How long the VFs of a VM take to be opened on the destination: as measured in its last migrations, else as VFIO usually
 * needs.
 *
 * @param what as the migration report shows it
 */
record OpeningTime(Duration time, String what) {
    /**
     * VFIO resets a VF when it is opened, and QEMU does when it is plugged; after each the kernel waits 100 ms. Source: Linux
     * {@code pcie_flr} and {@code vfio_pci_core_enable}, QEMU {@code vfio_pci_reset}.
     */
    private static final Duration RESETS_PER_VF = Duration.ofMillis(200);

    static OpeningTime of(VmName vm, VmSnapshot snapshot, VfOpenings openings) {
        int vfs = snapshot.vfs();
        long memory = snapshot.memory().bytes();
        return openings.longest(vm, MigrationStrategy.EXPLICIT, memory, vfs)
                .map(time -> new OpeningTime(time, "measured: opening the VFs took %d ms".formatted(time.toMillis())))
                // The downtime has other parts, so it is an upper bound.
                .or(() -> openings.longest(vm, MigrationStrategy.AUTOMATIC, memory, vfs)
                        .map(time -> new OpeningTime(
                                time, "measured: with automatic the downtime was %d ms".formatted(time.toMillis()))))
                .orElseGet(() -> usual(snapshot));
    }

    private static OpeningTime usual(VmSnapshot snapshot) {
        Duration time = snapshot.vfs() == 0
                ? Duration.ZERO
                : snapshot.memory().pinning().plus(RESETS_PER_VF.multipliedBy(snapshot.vfs()));
        return new OpeningTime(time, "predicted: opening the VFs takes about %d ms".formatted(time.toMillis()));
    }
}

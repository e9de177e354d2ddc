// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.PrimaryKind;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PlatformXml;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * How the primaries of one migration are unplugged and plugged, and why (docs/decisions/0021).
 *
 * @param why as the migration report shows it
 */
record StrategySelection(MigrationStrategy strategy, String why) {
    /**
     * Time VFIO takes to pin one GiB of allocated memory. Source: Linux commit 4d83de6da265: 29.69 s for 120 GiB,
     * of which 79 % clear the pages, which the copy has done here.
     */
    private static final Duration PINNING_PER_GIB = Duration.ofMillis(52);

    /**
     * VFIO resets a VF when it is opened, and QEMU does when it is plugged; after each the kernel waits 100 ms. Source: Linux
     * {@code pcie_flr} and {@code vfio_pci_core_enable}, QEMU {@code vfio_pci_reset}.
     */
    private static final Duration RESETS_PER_VF = Duration.ofMillis(200);

    /** Source: QEMU, DEFAULT_MIGRATE_SET_DOWNTIME. */
    private static final Duration DEFAULT_DOWNTIME_LIMIT = Duration.ofMillis(300);

    private static final long MIB_PER_GIB = 1024;
    private static final long BYTES_PER_MIB = 1L << 20;

    /** Chooses; called after the VFs were leased. */
    static StrategySelection of(MigrationRequest request, VmSnapshot snapshot, Set<Alias> withoutVf) {
        if (snapshot.pairs().isEmpty() || !snapshot.canBeUnplugged()) {
            return new StrategySelection(MigrationStrategy.AUTOMATIC, "no VF that can be unplugged and plugged");
        }
        if (!withoutVf.isEmpty()) {
            return new StrategySelection(MigrationStrategy.EXPLICIT, "the destination has no VF to plug");
        }
        return request.options()
                .strategy()
                .map(requested -> new StrategySelection(requested, "as requested"))
                .or(() -> request.policy().strategy().map(set -> new StrategySelection(set, "as configured")))
                .orElseGet(() -> predicted(request, snapshot));
    }

    private static StrategySelection predicted(MigrationRequest request, VmSnapshot snapshot) {
        long vfs = snapshot.pairs().stream()
                .filter(p -> p.kind() == PrimaryKind.VF)
                .count();
        Optional<Long> memory = vfs > 0 ? mebibytes(snapshot.live()) : Optional.empty();
        Duration opening = PINNING_PER_GIB
                .multipliedBy(memory.orElse(0L))
                .dividedBy(MIB_PER_GIB)
                .plus(RESETS_PER_VF.multipliedBy(vfs));
        Duration limit = request.options().downtimeLimit().orElse(DEFAULT_DOWNTIME_LIMIT);
        MigrationStrategy best =
                opening.compareTo(limit) > 0 ? MigrationStrategy.EXPLICIT : MigrationStrategy.AUTOMATIC;
        return new StrategySelection(
                best,
                "predicted: opening the VFs takes about %d ms; the downtime limit is %d ms"
                        .formatted(opening.toMillis(), limit.toMillis()));
    }

    private static Optional<Long> mebibytes(String definition) {
        OptionalLong bytes = PlatformXml.of(DomainDocument.parse(definition)).memoryBytes();
        return bytes.isPresent() ? Optional.of(bytes.getAsLong() / BYTES_PER_MIB) : Optional.empty();
    }

    @Override
    public String toString() {
        return strategy.name().toLowerCase(Locale.ROOT) + ", " + why;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.understudy.api.Alias;
import org.understudy.api.Policy;
import org.understudy.api.PrimaryKind;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.xml.GuestMemory;
import org.understudy.core.definition.DomainView.PairView;

/**
 * The VM as the preflight found it.
 *
 * @param live the live definition; libvirt removes a primary from it that the guest has released
 * @param pairs the VM runs with, also those that lack their primary
 * @param presence of each pair's primary on the source, by its alias
 */
public record VmSnapshot(String live, String configured, List<PairView> pairs, Map<Alias, PrimaryPresence> presence) {
    /**
     * Whether each primary can be unplugged and plugged by its alias. A hidden primary cannot: QEMU does not have it and
     * plugs it by itself. An emulated primary depends on a backend that QEMU has from its start.
     */
    public boolean canBeUnplugged() {
        return pairs.stream().allMatch(p -> p.kind() == PrimaryKind.VF)
                && presence.values().stream()
                        .noneMatch(p -> p == PrimaryPresence.HIDDEN || p == PrimaryPresence.UNKNOWN);
    }

    /** The number of its VFs. */
    public int vfs() {
        return (int) pairs.stream().filter(p -> p.kind() == PrimaryKind.VF).count();
    }

    public GuestMemory memory() {
        return GuestMemory.read(live);
    }

    /** The deadlines for a guest of this size. */
    public Policy.Deadlines deadlines(MigrationRequest request) {
        return SizedDeadlines.of(request.deadlines(), memory(), vfs() > 0);
    }

    /** How much longer than usual QEMU may not answer, and the guest may send nothing, while its VFs are opened. */
    public Duration openingAllowance() {
        return vfs() > 0 ? memory().openingAllowance() : Duration.ZERO;
    }

    /** Pairs whose primary the guest has, or may have: "unknown" is not "no". */
    public List<PairView> held() {
        return pairs.stream()
                .filter(p -> switch (presence.get(p.primary())) {
                    case PLUGGED, ENABLED, UNKNOWN -> true;
                    case ABSENT, HIDDEN -> false;
                })
                .toList();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.Map;
import org.understudy.api.Alias;
import org.understudy.api.PrimaryKind;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView.PairView;

/**
 * What is to be moved, as the preflight found it.
 *
 * @param live what the VM runs with; libvirt takes a primary off it that QEMU has let go
 * @param pairs the VM runs with, also those that lack their primary
 * @param presence of each pair's primary on the source, by its alias
 */
public record VmSnapshot(String live, String configured, List<PairView> pairs, Map<Alias, PrimaryPresence> presence) {
    /**
     * Whether each primary can be unplugged and plugged by its name. One that QEMU hides cannot: it is not there, and comes
     * back by itself. One that is emulated hangs on a backend that QEMU has from its start.
     */
    public boolean canBeUnplugged() {
        return pairs.stream().allMatch(p -> p.kind() == PrimaryKind.VF)
                && presence.values().stream()
                        .noneMatch(p -> p == PrimaryPresence.HIDDEN || p == PrimaryPresence.UNKNOWN);
    }

    /** Pairs whose primary the guest has, or may have: not knowing is not no. */
    public List<PairView> held() {
        return pairs.stream()
                .filter(p -> switch (presence.get(p.primary())) {
                    case PLUGGED, ENABLED, UNKNOWN -> true;
                    case ABSENT, HIDDEN -> false;
                })
                .toList();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import java.util.Map;
import org.understudy.api.Alias;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.domain.DomainView.PairView;

/**
 * What is to be moved, as the preflight found it.
 *
 * @param pairs of the live definition
 * @param presence of each pair's primary on the source, by its alias
 */
record Cargo(String live, String configured, List<PairView> pairs, Map<Alias, PrimaryPresence> presence) {
    /** Pairs whose primary the guest has, or may have: not knowing is not no. */
    List<PairView> held() {
        return pairs.stream()
                .filter(p -> switch (presence.get(p.primary())) {
                    case PLUGGED, ENABLED, UNKNOWN -> true;
                    case ABSENT, HIDDEN -> false;
                })
                .toList();
    }
}

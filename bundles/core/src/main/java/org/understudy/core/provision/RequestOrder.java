// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.provision;

import java.util.Comparator;
import java.util.List;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;

/** The order in which the requests for one definition are planned. */
final class RequestOrder {
    private RequestOrder() {}

    /**
     * Indexes are those of the definition without the new pairs, and a primary is written behind its standby NIC: so
     * the highest index comes first, and all other selectors after the indexes.
     */
    static List<PairRequest> of(List<PairRequest> requests) {
        return requests.stream()
                .sorted(Comparator.comparingInt(RequestOrder::index).reversed())
                .toList();
    }

    private static int index(PairRequest request) {
        return request.nic() instanceof NicSelector.ByIndex byIndex ? byIndex.index() : -1;
    }
}

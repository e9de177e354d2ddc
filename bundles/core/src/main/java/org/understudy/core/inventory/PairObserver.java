// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.Pair;
import org.understudy.api.VmName;

/** Receives the observed health of pairs. Must not block. */
@FunctionalInterface
public interface PairObserver {
    /** @param now empty if the pair is no longer tracked, as its VM does not run */
    void onPair(HostName host, VmName vm, Alias primary, Optional<Pair> now);
}

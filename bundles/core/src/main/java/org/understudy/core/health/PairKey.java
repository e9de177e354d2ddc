// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import org.understudy.api.Alias;

/** A failover pair of a VM on one host, named by its primary. */
public record PairKey(VmKey vm, Alias primary) {
    @Override
    public String toString() {
        return primary + " of " + vm;
    }
}

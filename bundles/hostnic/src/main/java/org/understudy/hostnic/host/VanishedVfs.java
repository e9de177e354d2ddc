// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.understudy.api.PciAddress;
import org.understudy.api.VfState;
import org.understudy.api.VfView;

/** VFs of a host that were leased when last seen and are now missing. Not safe for concurrent use. */
final class VanishedVfs {
    private final Map<PciAddress, VfView> all = new TreeMap<>();

    /**
     * Returns the VFs that are missing now.
     *
     * @param before VFs of the previous inventory, including missing ones
     * @param now VFs of the present inventory
     */
    List<VfView> after(List<VfView> before, List<VfView> now) {
        before.stream()
                .filter(vf -> vf.holder().isPresent())
                .forEach(vf -> all.putIfAbsent(vf.address(), vf.as(VfState.FAULT, "the host no longer has this VF")));
        Set<PciAddress> seen = new HashSet<>();
        now.forEach(vf -> seen.add(vf.address()));
        all.keySet().removeAll(seen);
        return List.copyOf(all.values());
    }

    void forget(PciAddress vf) {
        all.remove(vf);
    }
}

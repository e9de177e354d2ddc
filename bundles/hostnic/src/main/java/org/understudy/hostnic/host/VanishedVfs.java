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

/** The VFs of a host that were leased when last seen and are not there any more. Not safe for concurrent use. */
final class VanishedVfs {
    private final Map<PciAddress, VfView> all = new TreeMap<>();

    /**
     * What is missing now.
     *
     * @param before what was there when last seen, earlier ghosts included
     * @param now what is there
     */
    List<VfView> after(List<VfView> before, List<VfView> now) {
        before.stream()
                .filter(vf -> vf.holder().isPresent())
                .forEach(vf ->
                        all.putIfAbsent(vf.address(), vf.as(VfState.FAULT, "the host does not have this VF any more")));
        Set<PciAddress> seen = new HashSet<>();
        now.forEach(vf -> seen.add(vf.address()));
        all.keySet().removeAll(seen);
        return List.copyOf(all.values());
    }

    void forget(PciAddress vf) {
        all.remove(vf);
    }
}

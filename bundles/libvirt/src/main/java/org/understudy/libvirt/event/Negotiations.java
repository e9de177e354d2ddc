// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

/** Which guests have taken standby since their last reset, from QEMU's events. */
public final class Negotiations {
    private final Map<VmName, Set<Alias>> taken = new ConcurrentHashMap<>();

    /** Takes note of an event. */
    public void note(HostEvent event) {
        if (event instanceof HostEvent.StandbyNegotiated negotiated) {
            taken.computeIfAbsent(event.vm(), vm -> ConcurrentHashMap.newKeySet())
                    .add(negotiated.standby());
        } else if (event instanceof HostEvent.WasReset || event instanceof HostEvent.Stopped) {
            taken.remove(event.vm());
        }
    }

    /** False if it was not heard, which does not mean that it was not so. */
    public boolean was(VmName vm, Alias standby) {
        return taken.getOrDefault(vm, Set.of()).contains(standby);
    }
}

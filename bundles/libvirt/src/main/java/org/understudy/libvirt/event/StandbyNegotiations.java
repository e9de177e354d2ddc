// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

/** Which guests have taken standby since their last reset, from QEMU's events. */
public final class StandbyNegotiations {
    private final Map<VmName, Set<Alias>> taken = new ConcurrentHashMap<>();
    /** VMs that are heard from their start or a reset on. */
    private final Set<VmName> whole = ConcurrentHashMap.newKeySet();

    /** Takes note of an event. */
    public void note(HostEvent event) {
        if (event instanceof HostEvent.StandbyNegotiated negotiated) {
            taken.computeIfAbsent(event.vm(), vm -> ConcurrentHashMap.newKeySet())
                    .add(negotiated.standby());
        } else if (event instanceof HostEvent.Started || event instanceof HostEvent.WasReset) {
            taken.remove(event.vm());
            whole.add(event.vm());
        } else if (event instanceof HostEvent.Stopped) {
            taken.remove(event.vm());
            whole.remove(event.vm());
        }
    }

    /** What was heard counts for nothing any more, as events were missed. */
    public void forget() {
        whole.clear();
        taken.clear();
    }

    /** Empty for a VM that was not heard from its start or a reset on, unless its guest was heard to take it. */
    public Optional<Boolean> was(VmName vm, Alias standby) {
        return taken.getOrDefault(vm, Set.of()).contains(standby)
                ? Optional.of(true)
                : Optional.of(false).filter(no -> whole.contains(vm));
    }
}

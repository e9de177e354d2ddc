// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

/** Guests that negotiated the standby feature since their last reset, from QEMU's events. */
public final class StandbyNegotiations {
    private final Map<VmName, Set<Alias>> negotiated = new ConcurrentHashMap<>();
    /** VMs whose events are complete since a start or a reset. */
    private final Set<VmName> observedSinceReset = ConcurrentHashMap.newKeySet();

    /** Applies an event. */
    public void update(HostEvent event) {
        if (event instanceof HostEvent.StandbyNegotiated negotiation) {
            negotiated
                    .computeIfAbsent(event.vm(), vm -> ConcurrentHashMap.newKeySet())
                    .add(negotiation.standby());
        } else if (event instanceof HostEvent.Started || event instanceof HostEvent.WasReset) {
            negotiated.remove(event.vm());
            observedSinceReset.add(event.vm());
        } else if (event instanceof HostEvent.Stopped || event instanceof HostEvent.EventsMissed) {
            negotiated.remove(event.vm());
            observedSinceReset.remove(event.vm());
        }
    }

    /** Drops everything known, because events were missed. */
    public void clear() {
        observedSinceReset.clear();
        negotiated.clear();
    }

    /** Empty if unknown: no negotiation seen, and the events since start or reset are incomplete. */
    public Optional<Boolean> negotiated(VmName vm, Alias standby) {
        return negotiated.getOrDefault(vm, Set.of()).contains(standby)
                ? Optional.of(true)
                : Optional.of(false).filter(no -> observedSinceReset.contains(vm));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;

/** Last known state of each VM, to publish what changed while the host was disconnected. */
public final class DomainStateCache {
    private final Map<VmName, VmState> states = new HashMap<>();

    /** Applies a published event. */
    public synchronized void update(HostEvent event) {
        if (event instanceof HostEvent.Started || event instanceof HostEvent.Resumed) {
            states.put(event.vm(), VmState.RUNNING);
        } else if (event instanceof HostEvent.Paused) {
            states.put(event.vm(), VmState.PAUSED);
        } else if (event instanceof HostEvent.Stopped) {
            states.put(event.vm(), VmState.SHUTOFF);
        }
    }

    /** Replaces the known states; returns the events that lead to the current ones, and that others were missed. */
    public synchronized List<HostEvent> differences(List<HostedVm> now, Instant at) {
        Map<VmName, VmState> after = new HashMap<>();
        now.forEach(vm -> after.put(vm.name(), vm.state()));
        TreeSet<VmName> all = new TreeSet<>(states.keySet());
        all.addAll(after.keySet());
        List<HostEvent> events = new ArrayList<>();
        for (VmName vm : all) {
            VmState before = states.getOrDefault(vm, VmState.SHUTOFF);
            VmState state = after.getOrDefault(vm, VmState.SHUTOFF);
            if (isOn(before) && !isOn(state)) {
                events.add(new HostEvent.Stopped(vm, at, "while the host was disconnected"));
            } else if (!isOn(before) && isOn(state)) {
                events.add(new HostEvent.Started(vm, at));
            } else if (before == VmState.RUNNING && state == VmState.PAUSED) {
                events.add(new HostEvent.Paused(vm, at));
            } else if (before == VmState.PAUSED && state == VmState.RUNNING) {
                events.add(new HostEvent.Resumed(vm, at));
            }
            events.add(new HostEvent.EventsMissed(vm, at));
        }
        states.clear();
        states.putAll(after);
        return events;
    }

    private static boolean isOn(VmState state) {
        return state == VmState.RUNNING || state == VmState.PAUSED;
    }
}

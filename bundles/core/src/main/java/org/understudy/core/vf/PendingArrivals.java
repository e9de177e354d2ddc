// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.core.concurrent.Scheduler;

/** VMs that somebody else brings to a host. Nobody tells if one never comes, so each is expected for a while only. */
final class PendingArrivals {
    private final Scheduler scheduler;
    private final Duration patience;
    private final Consumer<HostName> over;
    private final Map<Arrival, Object> expected = new ConcurrentHashMap<>();

    private record Arrival(HostName host, VmName vm) {}

    /** @param over called when a VM is expected no longer on a host, whether it came or not; must not block */
    PendingArrivals(Scheduler scheduler, Duration patience, Consumer<HostName> over) {
        this.scheduler = scheduler;
        this.patience = patience;
        this.over = over;
    }

    /** One that is expected already is expected for that much longer. */
    void begin(HostName host, VmName vm) {
        Arrival arrival = new Arrival(host, vm);
        Object turn = new Object();
        expected.put(arrival, turn);
        scheduler.after(patience, () -> {
            if (expected.remove(arrival, turn)) {
                over.accept(host);
            }
        });
    }

    void end(HostName host, VmName vm) {
        if (expected.remove(new Arrival(host, vm)) != null) {
            over.accept(host);
        }
    }

    boolean has(HostName host, VmName vm) {
        return expected.containsKey(new Arrival(host, vm));
    }
}

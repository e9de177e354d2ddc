// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vf;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.concurrent.Scheduler;

/** VMs that another manager is about to run on a host. Each expires, as no event reports a VM that never arrives. */
final class PendingArrivals {
    private final Scheduler scheduler;
    private final Duration limit;
    private final Consumer<HostName> ended;
    private final Map<Arrival, Object> expected = new ConcurrentHashMap<>();

    private record Arrival(HostName host, VmName vm) {}

    /** @param ended called when a VM is no longer expected on a host, whether it arrived or not; must not block */
    PendingArrivals(Scheduler scheduler, Duration limit, Consumer<HostName> ended) {
        this.scheduler = scheduler;
        this.limit = limit;
        this.ended = ended;
    }

    /** Starts or restarts the time in which a VM is expected. */
    void begin(HostName host, VmName vm) {
        Arrival arrival = new Arrival(host, vm);
        Object token = new Object();
        expected.put(arrival, token);
        scheduler.after(limit, () -> {
            if (expected.remove(arrival, token)) {
                ended.accept(host);
            }
        });
    }

    void end(HostName host, VmName vm) {
        if (expected.remove(new Arrival(host, vm)) != null) {
            ended.accept(host);
        }
    }

    boolean has(HostName host, VmName vm) {
        return expected.containsKey(new Arrival(host, vm));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.util.concurrent.ExecutorService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.understudy.api.ProbeTarget;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** Opens the probe that fits a target. */
@Component
public final class Probes implements GapProbes {
    /** Each probe occupies one, so that no probe waits for another. */
    private static final int THREADS = 256;

    private final Scheduler scheduler;
    private final ExecutorService threads;

    @Activate
    public Probes() {
        this(SystemScheduler.process());
    }

    Probes(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.threads = scheduler.pool("understudy-probes", THREADS, 0);
    }

    /** Running probes end when they are closed. */
    @Deactivate
    void deactivate() {
        threads.shutdown();
    }

    @Override
    public GapProbe open(ProbeTarget target) {
        if (target instanceof ProbeTarget.Heartbeat heartbeat) {
            return new HeartbeatProbe(heartbeat, scheduler, threads);
        } else if (target instanceof ProbeTarget.Icmp icmp) {
            return new IcmpProbe(icmp, new Programs(), scheduler, threads);
        }
        return new ArpProbe((ProbeTarget.Arp) target, new Programs(), scheduler, threads);
    }
}

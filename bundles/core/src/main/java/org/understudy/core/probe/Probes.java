// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.ProbeTarget;

/** Opens the probe that fits a target. */
@Component
public final class Probes implements GapProbes {
    @Activate
    public Probes() {}

    @Override
    public GapProbe open(ProbeTarget target) {
        if (target instanceof ProbeTarget.Heartbeat heartbeat) {
            return new HeartbeatProbe(heartbeat);
        } else if (target instanceof ProbeTarget.Icmp icmp) {
            return new IcmpProbe(icmp, new Programs());
        }
        return new ArpProbe((ProbeTarget.Arp) target, new Programs());
    }
}

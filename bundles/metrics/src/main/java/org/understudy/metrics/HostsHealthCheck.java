// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import java.util.List;
import org.apache.felix.hc.api.HealthCheck;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Finding;
import org.understudy.api.VirtualMachines;

/** The health check {@code Understudy hosts}. */
@Component(
        service = HealthCheck.class,
        property = {"hc.name=Understudy hosts", "hc.tags=understudy"})
public final class HostsHealthCheck extends FindingsCheck {
    private final VirtualMachines vms;

    @Activate
    public HostsHealthCheck(@Reference VirtualMachines vms) {
        super("All hosts are available");
        this.vms = vms;
    }

    @Override
    List<Finding> findings() {
        return vms.hosts().stream()
                .filter(host -> !host.available())
                .flatMap(host -> host.findings().stream())
                .toList();
    }
}

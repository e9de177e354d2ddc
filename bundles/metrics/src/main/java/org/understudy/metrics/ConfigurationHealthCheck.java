// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import java.util.List;
import org.apache.felix.hc.api.HealthCheck;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Finding;
import org.understudy.api.Policies;

/** The health check {@code Understudy configuration}. */
@Component(
        service = HealthCheck.class,
        property = {"hc.name=Understudy configuration", "hc.tags=understudy"})
public final class ConfigurationHealthCheck extends FindingsCheck {
    private final Policies policies;

    @Activate
    public ConfigurationHealthCheck(@Reference Policies policies) {
        super("The configuration in etc/understudy.yaml is in force");
        this.policies = policies;
    }

    @Override
    List<Finding> findings() {
        return policies.findings();
    }
}

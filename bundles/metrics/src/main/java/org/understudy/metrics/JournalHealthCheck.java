// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import java.util.List;
import org.apache.felix.hc.api.HealthCheck;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Finding;
import org.understudy.api.Migrations;

/** The health check {@code Understudy journal}. */
@Component(
        service = HealthCheck.class,
        property = {"hc.name=Understudy journal", "hc.tags=understudy"})
public final class JournalHealthCheck extends FindingsCheck {
    private final Migrations migrations;

    @Activate
    public JournalHealthCheck(@Reference Migrations migrations) {
        super("The journal of migrations can be written");
        this.migrations = migrations;
    }

    @Override
    List<Finding> findings() {
        return migrations.findings();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers one MBean for each metric: {@code org.understudy:type=Metrics,name=NAME}. */
@Component(
        service = {},
        immediate = true)
public final class MetricsBeans {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsBeans.class);

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    private final List<ObjectName> registered = new ArrayList<>();

    @Activate
    public MetricsBeans(@Reference Metrics metrics) {
        for (MetricSnapshot metric : metrics.scrape()) {
            register(metrics, metric.getMetadata().getPrometheusName());
        }
    }

    private void register(Metrics metrics, String metric) {
        try {
            ObjectName name = new ObjectName("org.understudy:type=Metrics,name=" + metric);
            server.registerMBean(new MetricBean(metrics, metric), name);
            registered.add(name);
        } catch (JMException e) {
            LOG.warn("MBean of metric {}: registration failed", metric, e);
        }
    }

    @Deactivate
    public void close() {
        for (ObjectName name : registered) {
            try {
                server.unregisterMBean(name);
            } catch (JMException e) {
                LOG.warn("MBean {}: unregistration failed", name, e);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.ReflectionException;

/**
 * One metric as an MBean. Its attributes are the values of the labels, such as {@code active}, or {@code value} without labels. Those
 * of a histogram have two: {@code count} and {@code sum}, after the labels.
 */
final class MetricBean implements DynamicMBean {
    private static final String SEPARATOR = ",";

    private final Metrics metrics;
    private final String name;

    MetricBean(Metrics metrics, String name) {
        this.metrics = metrics;
        this.name = name;
    }

    private Optional<MetricSnapshot> metric() {
        return metrics.scrape(name::equals).stream().findFirst();
    }

    private Map<String, Double> values() {
        Map<String, Double> values = new TreeMap<>();
        metric().ifPresent(metric -> metric.getDataPoints().forEach(point -> add(values, point)));
        return values;
    }

    private static void add(Map<String, Double> values, DataPointSnapshot point) {
        String labels = point.getLabels().stream().map(Label::getValue).collect(Collectors.joining(SEPARATOR));
        if (point instanceof GaugeSnapshot.GaugeDataPointSnapshot gauge) {
            values.put(labels.isEmpty() ? "value" : labels, gauge.getValue());
        } else if (point instanceof CounterSnapshot.CounterDataPointSnapshot counter) {
            values.put(labels.isEmpty() ? "value" : labels, counter.getValue());
        } else if (point instanceof HistogramSnapshot.HistogramDataPointSnapshot histogram) {
            String prefix = labels.isEmpty() ? "" : labels + SEPARATOR;
            values.put(prefix + "count", (double) histogram.getCount());
            values.put(prefix + "sum", histogram.getSum());
        }
    }

    @Override
    public Object getAttribute(String attribute) throws AttributeNotFoundException {
        return Optional.ofNullable(values().get(attribute))
                .orElseThrow(() -> new AttributeNotFoundException("Metric " + name + " has no value " + attribute));
    }

    @Override
    public AttributeList getAttributes(String[] attributes) {
        Map<String, Double> values = values();
        AttributeList list = new AttributeList();
        for (String attribute : attributes) {
            Optional.ofNullable(values.get(attribute)).ifPresent(value -> list.add(new Attribute(attribute, value)));
        }
        return list;
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
        throw new AttributeNotFoundException("Metrics are read-only");
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
        return new AttributeList();
    }

    @Override
    public Object invoke(String action, Object[] parameters, String[] signature) throws ReflectionException {
        throw new ReflectionException(new NoSuchMethodException(action), "Metrics have no operations");
    }

    @Override
    public MBeanInfo getMBeanInfo() {
        String help = metric().map(metric -> metric.getMetadata().getHelp()).orElse("");
        MBeanAttributeInfo[] attributes = values().keySet().stream()
                .map(value -> new MBeanAttributeInfo(value, "double", help, true, false, false))
                .toArray(MBeanAttributeInfo[]::new);
        return new MBeanInfo(MetricBean.class.getName(), help, attributes, null, null, null);
    }
}

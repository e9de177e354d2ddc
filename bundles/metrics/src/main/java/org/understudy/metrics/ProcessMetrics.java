// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.understudy.concurrent.CallTimes;
import org.understudy.concurrent.Occurrences;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.concurrent.SystemScheduler.Usage;

/** What this process counts itself: calls to hosts, thread pools, missed events and refused logins. */
final class ProcessMetrics {
    private static final String CALLS = "understudy_call_seconds";
    /** Every upper bound in seconds, the last one infinite. */
    private static final List<Double> BOUNDS = Stream.concat(
                    CallTimes.BOUNDS.stream().map(bound -> bound.toMillis() / 1e3), Stream.of(Double.POSITIVE_INFINITY))
            .toList();

    private ProcessMetrics() {}

    static void register(PrometheusRegistry registry) {
        registry.register(new Calls());
        CounterWithCallback.builder()
                .name("understudy_call_failures_total")
                .help("Calls to hosts and leases of VFs that ended with an error, by kind")
                .labelNames("kind")
                .callback(to -> CallTimes.all().forEach((kind, totals) -> to.call(totals.failures(), kind)))
                .register(registry);
        gauge(registry, "understudy_executor_waiting_tasks", "Tasks that wait for a thread", Usage::waiting);
        gauge(registry, "understudy_executor_active_threads", "Threads that run a task", Usage::active);
        gauge(registry, "understudy_executor_max_threads", "The highest number of threads", Usage::threads);
        CounterWithCallback.builder()
                .name("understudy_executor_completed_tasks_total")
                .help("Tasks that have ended, by executor")
                .labelNames("executor")
                .callback(to -> byName(Usage::completed).forEach((name, count) -> to.call(count, name)))
                .register(registry);
        occurrences(
                registry,
                "understudy_events_missed_total",
                "VMs that were read again because their events were missed, by host",
                "host",
                Occurrences.EVENTS_MISSED);
        occurrences(
                registry,
                "understudy_logins_refused_total",
                "Refused logins: a wrong password (failed), or too many before (delayed)",
                "reason",
                Occurrences.LOGINS_REFUSED);
        occurrences(
                registry,
                "understudy_hook_passed_vms_total",
                "VMs that a hook let continue without a VF, by host",
                "host",
                Occurrences.VMS_PASSED);
    }

    private static void gauge(PrometheusRegistry registry, String name, String help, ToDoubleFunction<Usage> value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help + ", by executor")
                .labelNames("executor")
                .callback(to -> byName(value).forEach((executor, now) -> to.call(now, executor)))
                .register(registry);
    }

    /** Executors of one name, such as those of several hosts, count as one. */
    private static Map<String, Double> byName(ToDoubleFunction<Usage> value) {
        Map<String, Double> sums = new TreeMap<>();
        SystemScheduler.usage().forEach(usage -> sums.merge(usage.name(), value.applyAsDouble(usage), Double::sum));
        return sums;
    }

    private static void occurrences(
            PrometheusRegistry registry, String name, String help, String label, Occurrences counted) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(label)
                .callback(to -> counted.all().forEach((value, count) -> to.call(count, value)))
                .register(registry);
    }

    /** The calls that {@link CallTimes} has counted. */
    private static final class Calls implements Collector {
        @Override
        public HistogramSnapshot collect() {
            HistogramSnapshot.Builder all = HistogramSnapshot.builder()
                    .name(CALLS)
                    .help("Duration of calls to hosts by connector, and of leases of VFs");
            CallTimes.all()
                    .forEach((kind, totals) -> all.dataPoint(HistogramDataPointSnapshot.builder()
                            .labels(Labels.of("kind", kind))
                            .classicHistogramBuckets(ClassicHistogramBuckets.of(BOUNDS, totals.counts()))
                            .sum(totals.total().toNanos() / 1e9)
                            .build()));
            return all.build();
        }
    }
}

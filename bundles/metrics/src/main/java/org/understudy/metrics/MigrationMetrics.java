// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;

/** Counts migrations that end, with their steps and measurements. What is not measured is not counted. */
final class MigrationMetrics {
    private static final int ENDED_KNOWN = 1000;
    private static final double[] GAPS = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
    private static final double[] STEPS = {0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200};

    private final Set<MigrationId> running = new HashSet<>();
    /** The last ended ones, so that none counts twice. */
    private final Set<MigrationId> ended = new LinkedHashSet<>();

    private final Counter outcomes;
    private final Histogram steps;
    private final Histogram gaps;
    private final Histogram downtimes;
    private final Histogram onStandby;

    MigrationMetrics(PrometheusRegistry registry) {
        outcomes = Counter.builder()
                .name("understudy_migrations_total")
                .help("Migrations that have ended since the start of the server, by outcome")
                .labelNames("outcome")
                .register(registry);
        for (Outcome outcome : Outcome.values()) {
            outcomes.labelValues(FleetCounts.word(outcome));
        }
        steps = Histogram.builder()
                .name("understudy_migration_step_seconds")
                .help("Duration of the steps of migrations that have ended, by step and state")
                .labelNames("step", "state")
                .classicOnly()
                .classicUpperBounds(STEPS)
                .register(registry);
        gaps = histogram("understudy_migration_network_gap_seconds", "Longest measured network gap of each migration")
                .register(registry);
        downtimes = histogram("understudy_migration_downtime_seconds", "Measured downtime of each migration")
                .register(registry);
        onStandby = Histogram.builder()
                .name("understudy_migration_on_standby_seconds")
                .help("Time that the traffic of each migration used the standby NIC")
                .classicOnly()
                .classicUpperBounds(STEPS)
                .register(registry);
    }

    private static Histogram.Builder histogram(String name, String help) {
        return Histogram.builder().name(name).help(help).classicOnly().classicUpperBounds(GAPS);
    }

    /** The number of migrations that run. */
    synchronized int running() {
        return running.size();
    }

    synchronized void update(Migration now) {
        if (ended.contains(now.id())) {
            return;
        }
        if (now.isRunning()) {
            running.add(now.id());
            return;
        }
        running.remove(now.id());
        ended.add(now.id());
        if (ended.size() > ENDED_KNOWN) {
            ended.remove(ended.iterator().next());
        }
        count(now);
    }

    private void count(Migration migration) {
        migration
                .outcome()
                .ifPresent(outcome ->
                        outcomes.labelValues(FleetCounts.word(outcome)).inc());
        migration.steps().forEach(this::count);
        migration.downtime().ifPresent(time -> downtimes.observe(seconds(time)));
        migration.onStandby().ifPresent(time -> onStandby.observe(seconds(time)));
        if (migration.networkGap() instanceof NetworkGap.Measured measured) {
            gaps.observe(seconds(measured.longestGap()));
        }
    }

    private void count(StepReport step) {
        if (step.state() == StepState.DONE || step.state() == StepState.FAILED || step.state() == StepState.UNDONE) {
            step.duration()
                    .ifPresent(time -> steps.labelValues(FleetCounts.word(step.step()), FleetCounts.word(step.state()))
                            .observe(seconds(time)));
        }
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditLog;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigrations;
import org.understudy.api.Inventory;
import org.understudy.api.Migrations;
import org.understudy.api.Subscription;
import org.understudy.metrics.FleetCounts.Family;

/** All metrics of this server. Counts from its activation on; a scrape only reads what is counted. */
@Component(
        service = {Metrics.class, AuditLog.class},
        immediate = true)
public final class Metrics implements AuditLog, AutoCloseable {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final AtomicReference<Optional<FleetCounts>> fleet = new AtomicReference<>(Optional.empty());
    private final Subscription updates;
    private final Counter actions;

    @Activate
    public Metrics(@Reference Migrations migrations, @Reference BulkMigrations bulk) {
        gauge("understudy_hosts", "Hosts of the configuration", Family.HOSTS, "connector", "available");
        gauge("understudy_vms", "VMs", Family.VMS, "state");
        gauge("understudy_pairs", "Failover pairs", Family.PAIRS, "health");
        gauge("understudy_vfs", "VFs; one of two pools counts for both", Family.VFS, "pool", "state");
        MigrationMetrics ended = new MigrationMetrics(registry);
        GaugeWithCallback.builder()
                .name("understudy_migrations_running")
                .help("Migrations that run")
                .callback(to -> to.call(ended.running()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("understudy_bulk_migration_vms")
                .help("VMs of bulk migrations that have not ended, by state")
                .labelNames("state")
                .callback(to -> Arrays.stream(BulkMigration.State.values())
                        .forEach(state -> to.call(count(bulk, state), FleetCounts.word(state))))
                .register(registry);
        actions = Counter.builder()
                .name("understudy_actions_total")
                .help("Actions of users that are audited, by action and result")
                .labelNames("action", "result")
                .register(registry);
        ProcessMetrics.register(registry);
        // A migration that runs already; later ones and its end are delivered.
        updates = migrations.listen(ended::update);
        migrations.list().stream().filter(m -> m.isRunning()).forEach(ended::update);
    }

    private void gauge(String name, String help, Family family, String... labels) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help + ", by " + String.join(" and ", labels))
                .labelNames(labels)
                .callback(to -> fleet.get()
                        .map(counts -> counts.of(family))
                        .orElse(Map.of())
                        .forEach((values, count) -> to.call(count, values.toArray(String[]::new))))
                .register(registry);
    }

    private static long count(BulkMigrations bulk, BulkMigration.State state) {
        return bulk.list().stream()
                .filter(BulkMigration::isRunning)
                .mapToLong(one -> one.count(state))
                .sum();
    }

    /** Follows the inventory. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void setInventory(Inventory inventory) {
        fleet.getAndSet(Optional.of(new FleetCounts(inventory))).ifPresent(FleetCounts::close);
    }

    /** Ends with the last inventory; a new one has been set before the old one is unset. */
    void unsetInventory(Inventory inventory) {
        Optional<FleetCounts> now = fleet.get();
        if (now.filter(counts -> counts.isOf(inventory)).isPresent() && fleet.compareAndSet(now, Optional.empty())) {
            now.get().close();
        }
    }

    @Override
    public void record(AuditEntry entry) {
        actions.labelValues(FleetCounts.word(entry.action()), FleetCounts.word(entry.result()))
                .inc();
    }

    /** All metrics now. Does not block. */
    MetricSnapshots scrape() {
        return registry.scrape();
    }

    /** Those of these names. */
    MetricSnapshots scrape(Predicate<String> names) {
        return registry.scrape(names);
    }

    @Override
    @Deactivate
    public void close() {
        updates.close();
        fleet.getAndSet(Optional.empty()).ifPresent(FleetCounts::close);
    }
}

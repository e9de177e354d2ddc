// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditLog;
import org.understudy.api.Finding;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.HistoryQuery;
import org.understudy.api.Inventory;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.ServerIdentity;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;

/** Records what the services of this server report, and provides the history. */
@Component(
        service = {History.class, AuditLog.class},
        immediate = true)
public final class HistoryComponent implements History, AuditLog {
    private static final Logger LOG = LoggerFactory.getLogger(HistoryComponent.class);

    private final RowFormat format;
    private final StoredHistory history;
    private final FindingRecorder recorder;
    private final Subscription policy;
    private final ServiceSubscription<Migrations> migrations = new ServiceSubscription<>(this::follow);
    private final ServiceSubscription<Inventory> inventory;

    @Activate
    public HistoryComponent(BundleContext bundle, @Reference Policies policies, @Reference ServerIdentity identity) {
        this(folder(bundle), policies, identity, SystemScheduler.process());
    }

    /** @param folder of the data of this server */
    HistoryComponent(Path folder, Policies policies, ServerIdentity identity, Scheduler scheduler) {
        Function<HistoryPolicy, Database> databases = now -> database(now, folder, scheduler);
        String server = server(identity);
        format = new RowFormat(server);
        history = new StoredHistory(policies.current().history(), databases, server, scheduler);
        recorder = new FindingRecorder(scheduler, (id, finding) -> history.put(format.of(id, finding)));
        inventory = new ServiceSubscription<>(recorder::follow);
        policy = policies.listen(now -> history.use(now.history()));
    }

    private static Path folder(BundleContext bundle) {
        return Optional.ofNullable(bundle.getProperty("karaf.data"))
                .map(data -> Path.of(data, "understudy"))
                .orElseGet(() -> bundle.getDataFile("").toPath());
    }

    /** Without a data folder there is no embedded database either, which is a finding. */
    private static String server(ServerIdentity identity) {
        try {
            return identity.id();
        } catch (UnderstudyException e) {
            String id = UUID.randomUUID().toString();
            LOG.warn("Server id cannot be used, {} is used until the next start: {}", id, e.getMessage());
            return id;
        }
    }

    private static Database database(HistoryPolicy policy, Path folder, Scheduler scheduler) {
        return policy.postgres()
                .<Database>map(PostgresDatabase::new)
                .orElseGet(() -> new EmbeddedDatabase(
                        policy.directory().map(Path::of).orElseGet(() -> folder.resolve("history")), scheduler));
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void setMigrations(Migrations service) {
        migrations.set(service);
    }

    void unsetMigrations(Migrations service) {
        migrations.unset(service);
    }

    /** Changes wait for this monitor until the list, which is older, is recorded. */
    private synchronized Subscription follow(Migrations service) {
        Subscription changes = service.listen(this::record);
        service.list().forEach(this::record);
        return changes;
    }

    private synchronized void record(Migration migration) {
        history.put(format.of(migration));
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void setInventory(Inventory service) {
        inventory.set(service);
    }

    void unsetInventory(Inventory service) {
        inventory.unset(service);
    }

    @Override
    public void record(AuditEntry entry) {
        try {
            history.put(format.of(entry));
        } catch (RuntimeException e) {
            LOG.error("Action {}: cannot be recorded", entry.id(), e);
        }
    }

    @Override
    public HistoryPage find(HistoryQuery query) {
        return history.find(query);
    }

    @Override
    public Optional<HistoryEntry> find(String id) {
        return history.find(id);
    }

    @Override
    public List<Finding> findings() {
        return history.findings();
    }

    @Deactivate
    public void close() {
        policy.close();
        migrations.close();
        recorder.close();
        inventory.close();
        history.close();
        EmbeddedDatabase.unload();
        PostgresDatabase.unload();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.NetworkGap;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.migration.context.HeldHosts;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationEvents;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.migration.context.Task;
import org.understudy.core.migration.observe.ExternalMigrationObserver;
import org.understudy.core.migration.observe.ExternalMigrations;
import org.understudy.core.migration.recovery.MigrationRecovery;
import org.understudy.core.migration.recovery.SupersededMigration;
import org.understudy.core.migration.step.PreflightStep;

/**
 * Runs migrations, at most one per VM, and recovers after a restart those that the journal shows as running. Safe for use
 * from any thread.
 */
public final class MigrationService implements Migrations, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationService.class);

    private final Hosts hosts;
    private final Function<VmAddress, VmLocation> locator;
    private final Policies policies;
    private final MigrationServices services;
    private final HostWatch watch;
    private final MigrationIds ids;
    private final MigrationRecords records;
    private final JournalEnds ends;
    private final ExternalMigrations external;
    private final ActiveMigrations active;

    /** @param locator finds a VM; throws if there is none, or more than one */
    MigrationService(
            Hosts hosts, Function<VmAddress, VmLocation> locator, Policies policies, MigrationServices services) {
        this.hosts = hosts;
        this.locator = locator;
        this.policies = policies;
        this.services = services;
        this.ids = new MigrationIds(services.journal(), services.scheduler());
        this.records = new MigrationRecords(services.scheduler());
        this.ends = new JournalEnds(services);
        this.active = new ActiveMigrations(services);
        this.external = new ExternalMigrations(hosts, services, active::contains, this::observe);
        List<MigrationJournal.Entry> entries = services.journal().all();
        entries.forEach(entry -> resumeMigration(entry, entries));
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent, services.scheduler());
    }

    private void resumeMigration(MigrationJournal.Entry entry, List<MigrationJournal.Entry> all) {
        Migration migration = entry.migration();
        records.publish(migration);
        if (entry.stage() != MigrationJournal.Stage.ENDED) {
            MigrationStatusBuilder status = statusBuilder(migration);
            Optional<SupersededMigration> superseded = SupersededMigration.of(entry, all);
            if (superseded.isPresent()) {
                superseded.get().end(status);
                return;
            }
            // A recovery holds its hosts once they answer.
            active.launch(status, new MigrationRecovery(entry, hosts, policies.current(), services, status), () -> {});
        }
    }

    @Override
    public List<Finding> preflight(VmAddress vm, HostName destination, MigrationOptions options) {
        Host to = hosts.host(destination);
        VmLocation here = locator.apply(vm);
        Host from = here.host();
        List<Finding> findings = new ArrayList<>(findings());
        findings.addAll(HeldHosts.obstacles(hosts, from.name(), to.name()));
        MigrationRequest request = request(new MigrationId("preflight"), here, to, options);
        findings.addAll(new PreflightStep().check(request, services).findings());
        return List.copyOf(findings);
    }

    @Override
    public Migration start(VmAddress vm, HostName destination, MigrationOptions options) {
        Host to = hosts.host(destination);
        VmLocation here = locator.apply(vm);
        Host from = here.host();
        requireNoPendingChange(here.vm().name(), from, to);
        MigrationRequest request = request(ids.next(), here, to, options);
        Subscription held = HeldHosts.of(hosts, request.id(), from, to);
        try {
            return start(request, held);
        } catch (RuntimeException | Error e) {
            held.close();
            throw e;
        }
    }

    private void requireNoPendingChange(VmName vm, Host from, Host to) {
        List<Finding> obstacles = HeldHosts.obstacles(hosts, from.name(), to.name());
        if (!obstacles.isEmpty()) {
            throw new UnderstudyException(
                    "Migration of VM " + vm + " cannot start: "
                            + obstacles.get(0).message(),
                    obstacles);
        }
    }

    private Migration start(MigrationRequest request, Subscription held) {
        VmName vm = request.vm();
        MigrationOptions options = request.options();
        Migration first = initialRecord(request);
        if (!active.reserve(first)) {
            throw new UnderstudyException(ErrorCode.MIGRATION_IN_PROGRESS, "VM " + vm + " is already being migrated");
        }
        try {
            services.journal().started(first, options);
        } catch (RuntimeException | Error e) {
            active.free(first);
            throw e;
        }
        records.publish(first);
        MigrationStatusBuilder status = statusBuilder(first);
        MigrationEvents events = new MigrationEvents(vm, services.timings(), services.scheduler(), services.threads());
        active.launch(status, new MigrationTask(new MigrationContext(request, services, status, events)), held);
        return first;
    }

    private MigrationRequest request(MigrationId id, VmLocation here, Host destination, MigrationOptions options) {
        return new MigrationRequest(
                id,
                here.vm().name(),
                Optional.of(here.vm().uuid()),
                services.bounded(here.host()),
                services.bounded(destination),
                options,
                policies.current());
    }

    private MigrationStatusBuilder statusBuilder(Migration first) {
        return new MigrationStatusBuilder(first, services.scheduler(), this::publish);
    }

    private Migration initialRecord(MigrationRequest request) {
        return new Migration(
                request.id(),
                1,
                request.vm(),
                request.uuid(),
                request.source().name(),
                request.destination().name(),
                List.of(),
                services.scheduler().instant(),
                Optional.empty(),
                MigrationStatusBuilder.pendingSteps(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("the migration has not ended"),
                List.of());
    }

    private void onOpened(Host host) {
        services.unplugGuard().onOpened(host);
        external.onOpened(host);
    }

    private void onEvent(Host host, HostEvent event) {
        services.unplugGuard().onEvent(host, event);
        external.onEvent(host, event);
    }

    /** Shows a migration that another program started. */
    private void observe(VmLocation here, Host destination) {
        Host source = here.host();
        MigrationRequest request = request(ids.next(), here, destination, MigrationOptions.defaults());
        Subscription held = HeldHosts.of(hosts, request.id(), source, destination);
        Migration first = initialRecord(request);
        if (!active.reserve(first)) {
            held.close();
        } else {
            LOG.info(
                    "Migration {}: another program migrates VM {} from host {} to host {}",
                    first.id(),
                    first.vm(),
                    source.name(),
                    destination.name());
            MigrationStatusBuilder status = statusBuilder(first);
            // The observer publishes the first status, which no listener can mistake for a migration of this server.
            active.launch(status, new ExternalMigrationObserver(request, services, status), held);
        }
    }

    @Override
    public List<Finding> findings() {
        return services.journal().findings();
    }

    /** Publishes a new status; the status of an ended migration is on disk first, if there is space. */
    private void publish(Migration now) {
        if (!now.isRunning()) {
            ends.write(now);
            active.free(now);
            showOtherMigration(now);
        }
        records.publish(now);
    }

    /** While a task of this server had the VM, the migration of another server was not looked for. */
    private void showOtherMigration(Migration ended) {
        if (ended.findings().stream().anyMatch(f -> f.code() == FindingCode.OTHER_MIGRATION)) {
            hosts.all().stream()
                    .filter(host -> host.name().equals(ended.source()))
                    .forEach(host -> external.check(host, ended.vm()));
        }
    }

    @Override
    public Migration cancel(MigrationId id) {
        Migration now = records.show(id);
        active.task(now).ifPresent(Task::cancel);
        return now;
    }

    @Override
    public Migration show(MigrationId id) {
        return records.show(id);
    }

    @Override
    public List<Migration> list() {
        return records.list();
    }

    @Override
    public Migration await(MigrationId id, Duration limit) {
        return records.await(id, limit);
    }

    @Override
    public Subscription listen(Consumer<Migration> listener) {
        return records.listen(listener);
    }

    /**
     * Leaves running migrations to the journal: nothing is rolled back, and the next start recovers them. Waits up to 3 s
     * for their tasks to end, so that they do not overlap with the recovery.
     */
    @Override
    public void close() {
        active.abandon();
        ends.close();
        watch.close();
        external.close();
        services.unplugGuard().close();
        records.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.migration.context.Deadline;
import org.understudy.core.migration.context.HeldHosts;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.MigrationEvents;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.migration.context.NamedTask;
import org.understudy.core.migration.context.Task;
import org.understudy.core.migration.observe.ExternalMigrationObserver;
import org.understudy.core.migration.observe.ExternalMigrations;
import org.understudy.core.migration.recovery.MigrationRecovery;
import org.understudy.core.migration.step.PreflightStep;

/**
 * Runs migrations, at most one per VM, and recovers after a restart those that the journal shows as running. The lock of
 * this class is never held during a call to a host or a write. Safe for use from any thread.
 */
public final class MigrationService implements Migrations, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationService.class);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

    /** @param task empty while the migration is being started */
    private record Active(MigrationId id, Optional<Task> task) {}

    private final Hosts hosts;
    private final Function<VmName, Host> locator;
    private final Policies policies;
    private final MigrationServices services;
    private final HostWatch watch;
    private final MigrationIds ids;
    private final MigrationRecords records;
    private final ExternalMigrations external;
    private final Map<VmName, Active> active = new HashMap<>();
    private final Set<Task> running = new HashSet<>();

    /** @param locator finds the host of a VM; throws if there is none, or more than one */
    MigrationService(Hosts hosts, Function<VmName, Host> locator, Policies policies, MigrationServices services) {
        this.hosts = hosts;
        this.locator = locator;
        this.policies = policies;
        this.services = services;
        this.ids = new MigrationIds(services.journal(), services.time());
        this.records = new MigrationRecords(services.time());
        this.external = new ExternalMigrations(hosts, services, this::isActive, this::observe);
        services.journal().all().forEach(this::resumeMigration);
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent);
        watch.refresh();
    }

    private void resumeMigration(MigrationJournal.Entry entry) {
        Migration migration = entry.migration();
        records.publish(migration);
        if (entry.stage() != MigrationJournal.Stage.ENDED) {
            MigrationStatusBuilder status = statusBuilder(migration);
            // A recovery holds its hosts once they answer.
            launch(status, new MigrationRecovery(entry, hosts, policies.current(), services, status), () -> {});
        }
    }

    @Override
    public List<Finding> preflight(VmName vm, HostName destination, MigrationOptions options) {
        watch.refresh();
        Host to = hosts.host(destination);
        Host from = locator.apply(vm);
        List<Finding> findings = new ArrayList<>(HeldHosts.obstacles(hosts, from.name(), to.name()));
        MigrationRequest request = request(new MigrationId("preflight"), vm, from, to, options);
        findings.addAll(new PreflightStep().check(request, services).findings());
        return List.copyOf(findings);
    }

    @Override
    public Migration start(VmName vm, HostName destination, MigrationOptions options) {
        watch.refresh();
        Host to = hosts.host(destination);
        Host from = locator.apply(vm);
        requireNoPendingChange(vm, from, to);
        MigrationRequest request = request(ids.next(), vm, from, to, options);
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
        if (!reserve(first)) {
            throw new UnderstudyException(ErrorCode.MIGRATION_IN_PROGRESS, "VM " + vm + " is already being migrated");
        }
        try {
            services.journal().started(first, options);
        } catch (RuntimeException | Error e) {
            free(first);
            throw e;
        }
        records.publish(first);
        MigrationStatusBuilder status = statusBuilder(first);
        MigrationEvents events = new MigrationEvents(vm, services.timings(), services.time(), services.threads());
        launch(status, new MigrationTask(new MigrationContext(request, services, status, events)), held);
        return first;
    }

    private MigrationRequest request(MigrationId id, VmName vm, Host from, Host to, MigrationOptions options) {
        return new MigrationRequest(id, vm, services.bounded(from), services.bounded(to), options, policies.current());
    }

    private MigrationStatusBuilder statusBuilder(Migration first) {
        return new MigrationStatusBuilder(first, services.time(), this::publish);
    }

    private Migration initialRecord(MigrationRequest request) {
        return new Migration(
                request.id(),
                1,
                request.vm(),
                request.source().name(),
                request.destination().name(),
                List.of(),
                services.time().instant(),
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
    private void observe(VmName vm, Host source, Host destination) {
        MigrationRequest request = request(ids.next(), vm, source, destination, MigrationOptions.defaults());
        Subscription held = HeldHosts.of(hosts, request.id(), source, destination);
        Migration first = initialRecord(request);
        if (!reserve(first)) {
            held.close();
        } else {
            LOG.info(
                    "Migration {}: another program migrates VM {} from host {} to host {}",
                    first.id(),
                    vm,
                    source.name(),
                    destination.name());
            MigrationStatusBuilder status = statusBuilder(first);
            // The observer publishes the first status, which no listener can mistake for a migration of this server.
            launch(status, new ExternalMigrationObserver(request, services, status), held);
        }
    }

    private synchronized boolean isActive(VmName vm) {
        return active.containsKey(vm);
    }

    /** False if the VM is already being migrated. */
    private synchronized boolean reserve(Migration first) {
        return active.putIfAbsent(first.vm(), new Active(first.id(), Optional.empty())) == null;
    }

    private synchronized void free(Migration ended) {
        active.computeIfPresent(ended.vm(), (vm, now) -> now.id().equals(ended.id()) ? null : now);
    }

    /**
     * An exception of a task ends its own migration, and no other.
     *
     * @param held its hosts, released when the task has ended
     */
    private void launch(MigrationStatusBuilder status, Task task, Subscription held) {
        Migration migration = status.now();
        synchronized (this) {
            active.put(migration.vm(), new Active(migration.id(), Optional.of(task)));
            running.add(task);
        }
        try {
            services.threads().execute(new NamedTask("understudy-" + migration.id(), () -> {
                try {
                    task.run();
                } catch (RuntimeException | Error e) {
                    endByDefect(status, e);
                } finally {
                    removeTask(task);
                    held.close();
                }
            }));
        } catch (RuntimeException | Error e) {
            removeTask(task);
            held.close();
            endByDefect(status, e);
        }
    }

    private void endByDefect(MigrationStatusBuilder status, Throwable e) {
        Migration migration = status.now();
        LOG.error("Migration {} of VM {}: unhandled exception", migration.id(), migration.vm(), e);
        status.endNeedingAttention(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + migration.vm(),
                "Migration " + migration.id() + " ended with an unhandled exception: " + e,
                "Find the host on which the VM runs with \"understudy:vm-list\", and report the exception in the log of the"
                        + " server as a defect."));
    }

    private synchronized void removeTask(Task task) {
        running.remove(task);
        notifyAll();
    }

    /** Publishes a new status; the status of an ended migration is on disk first. */
    private void publish(Migration now) {
        if (!now.isRunning()) {
            journalEnd(now);
            free(now);
        }
        records.publish(now);
    }

    private void journalEnd(Migration ended) {
        try {
            services.journal().ended(ended);
        } catch (RuntimeException | Error e) {
            LOG.error("Migration {}: ended, but the journal could not be written", ended.id(), e);
        }
    }

    @Override
    public Migration cancel(MigrationId id) {
        Migration now = records.show(id);
        task(now).ifPresent(Task::cancel);
        return now;
    }

    private synchronized Optional<Task> task(Migration migration) {
        return Optional.ofNullable(active.get(migration.vm()))
                .filter(a -> a.id().equals(migration.id()))
                .flatMap(Active::task);
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
        List<Task> toStop;
        synchronized (this) {
            toStop = List.copyOf(running);
        }
        toStop.forEach(Task::abandon);
        awaitTasks();
        watch.close();
        external.close();
        services.unplugGuard().close();
        records.close();
    }

    private synchronized void awaitTasks() {
        Deadline deadline = Deadline.in(services.time(), CLOSE_LIMIT);
        try {
            while (!running.isEmpty() && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
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
import org.understudy.core.watch.HostWatch;

/**
 * Runs migrations, at most one for each VM, and takes up after a restart what the journal says was under way. No host is
 * asked, and nothing is written, under the lock of this class.
 */
final class MigrationService implements Migrations, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationService.class);
    private static final Duration LEAVE = Duration.ofSeconds(3);

    /** @param work empty while the migration is being started */
    private record Active(MigrationId id, Optional<Work> work) {}

    private final Hosts hosts;
    private final Function<VmName, Host> whereabouts;
    private final Policies policies;
    private final Surroundings around;
    private final HostWatch watch;
    private final MigrationIds ids;
    private final MigrationRecords records;
    private final ExternalMigrations external;
    private final Map<VmName, Active> active = new HashMap<>();
    private final Set<Work> running = new HashSet<>();

    /** @param whereabouts finds the host a VM is on, and throws if that is none or not clear */
    MigrationService(Hosts hosts, Function<VmName, Host> whereabouts, Policies policies, Surroundings around) {
        this.hosts = hosts;
        this.whereabouts = whereabouts;
        this.policies = policies;
        this.around = around;
        this.ids = new MigrationIds(around.journal(), around.time());
        this.records = new MigrationRecords(around.time());
        this.external = new ExternalMigrations(hosts, around, this::isActive, this::follow);
        around.journal().all().forEach(this::takeUp);
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent);
        watch.refresh();
    }

    private void takeUp(Journal.Entry entry) {
        Migration migration = entry.migration();
        records.publish(migration);
        if (entry.stage() != Journal.Stage.ENDED) {
            Picture picture = picture(migration);
            launch(picture, new Recovery(entry, hosts, policies.current(), around, picture));
        }
    }

    @Override
    public List<Finding> preflight(VmName vm, HostName destination, MigrationOptions options) {
        watch.refresh();
        Plan plan = plan(new MigrationId("preflight"), vm, destination, options);
        return new Preflight().check(plan, around).findings();
    }

    @Override
    public Migration start(VmName vm, HostName destination, MigrationOptions options) {
        watch.refresh();
        Plan plan = plan(ids.next(), vm, destination, options);
        Migration first = first(plan);
        if (!reserve(first)) {
            throw new UnderstudyException(ErrorCode.MIGRATION_IN_PROGRESS, "VM " + vm + " is being migrated already");
        }
        try {
            around.journal().started(first, options);
        } catch (RuntimeException | Error e) {
            free(first);
            throw e;
        }
        records.publish(first);
        Picture picture = picture(first);
        Trail trail = new Trail(vm, around.tempo(), around.time(), around.threads());
        launch(picture, new Run(new Voyage(plan, around, picture, trail)));
        return first;
    }

    private Plan plan(MigrationId id, VmName vm, HostName destination, MigrationOptions options) {
        Host to = around.bounded(hosts.host(destination));
        return new Plan(id, vm, around.bounded(whereabouts.apply(vm)), to, options, policies.current());
    }

    private Picture picture(Migration first) {
        return new Picture(first, around.time(), this::publish);
    }

    private Migration first(Plan plan) {
        return new Migration(
                plan.id(),
                1,
                plan.vm(),
                plan.source().name(),
                plan.destination().name(),
                List.of(),
                around.time().instant(),
                Optional.empty(),
                Picture.untouched(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("the migration has not ended"),
                List.of());
    }

    private void onOpened(Host host) {
        around.guard().onOpened(host);
        external.onOpened(host);
    }

    private void onEvent(Host host, HostEvent event) {
        around.guard().onEvent(host, event);
        external.onEvent(host, event);
    }

    /** Shows a migration that this server did not begin. */
    private void follow(VmName vm, Host source, Host destination) {
        Plan plan = new Plan(
                ids.next(),
                vm,
                around.bounded(source),
                around.bounded(destination),
                MigrationOptions.defaults(),
                policies.current());
        Migration first = first(plan);
        if (reserve(first)) {
            LOG.info(
                    "Migration {}: VM {} is moved from host {} to host {} by another program",
                    first.id(),
                    vm,
                    source.name(),
                    destination.name());
            Picture picture = picture(first);
            // Publishes the first picture itself: one that no listener takes for a migration of this server's own.
            launch(picture, new Onlooker(plan, around, picture));
        }
    }

    private synchronized boolean isActive(VmName vm) {
        return active.containsKey(vm);
    }

    /** False if the VM is being migrated already. */
    private synchronized boolean reserve(Migration first) {
        return active.putIfAbsent(first.vm(), new Active(first.id(), Optional.empty())) == null;
    }

    private synchronized void free(Migration ended) {
        active.computeIfPresent(ended.vm(), (vm, now) -> now.id().equals(ended.id()) ? null : now);
    }

    /** Whatever the work throws ends its own migration, and no other. */
    private void launch(Picture picture, Work work) {
        Migration migration = picture.now();
        synchronized (this) {
            active.put(migration.vm(), new Active(migration.id(), Optional.of(work)));
            running.add(work);
        }
        try {
            around.threads().execute(new NamedTask("understudy-" + migration.id(), () -> {
                try {
                    work.run();
                } catch (RuntimeException | Error e) {
                    endByDefect(picture, e);
                } finally {
                    left(work);
                }
            }));
        } catch (RuntimeException | Error e) {
            left(work);
            endByDefect(picture, e);
        }
    }

    private void endByDefect(Picture picture, Throwable e) {
        Migration migration = picture.now();
        LOG.error("Migration {} of VM {}: unhandled exception", migration.id(), migration.vm(), e);
        picture.endBy(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + migration.vm(),
                "Migration " + migration.id() + " ended by an unhandled exception: " + e + ".",
                "Find out by understudy:vm-list on which host the VM runs, and report the exception in the server's log as"
                        + " a defect."));
    }

    private synchronized void left(Work work) {
        running.remove(work);
        notifyAll();
    }

    /** Takes a new picture; an ended one is on disk before anyone sees it. */
    private void publish(Migration now) {
        if (!now.isRunning()) {
            keep(now);
            free(now);
        }
        records.publish(now);
    }

    private void keep(Migration ended) {
        try {
            around.journal().ended(ended);
        } catch (RuntimeException | Error e) {
            LOG.error("Migration {} ended, but its journal could not be written", ended.id(), e);
        }
    }

    @Override
    public Migration cancel(MigrationId id) {
        Migration now = records.show(id);
        work(now).ifPresent(Work::cancel);
        return now;
    }

    private synchronized Optional<Work> work(Migration migration) {
        return Optional.ofNullable(active.get(migration.vm()))
                .filter(a -> a.id().equals(migration.id()))
                .flatMap(Active::work);
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
     * Leaves running migrations to the journal: nothing is rolled back, and the next start goes on. Waits a moment for
     * each to leave, so that a successor does not meet it.
     */
    @Override
    public void close() {
        List<Work> leaving;
        synchronized (this) {
            leaving = List.copyOf(running);
        }
        leaving.forEach(Work::abandon);
        awaitLeaving();
        watch.close();
        external.close();
        around.guard().close();
        records.close();
    }

    private synchronized void awaitLeaving() {
        Deadline deadline = Deadline.in(around.time(), LEAVE);
        try {
            while (!running.isEmpty() && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

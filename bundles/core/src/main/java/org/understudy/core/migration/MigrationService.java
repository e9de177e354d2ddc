// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
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
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.core.watch.Broadcast;
import org.understudy.core.watch.HostWatch;

/** Keeps the running and the ended migrations, and takes up after a restart what the journal says was under way. */
final class MigrationService implements Migrations, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationService.class);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
    private static final int ENDED_KEPT = 100;
    private static final Duration LEAVE = Duration.ofSeconds(3);

    private record Active(Work work, Thread thread) {}

    private final Hosts hosts;
    private final Function<VmName, Host> whereabouts;
    private final Policies policies;
    private final Surroundings around;
    private final HostWatch watch;
    private final Broadcast<MigrationId, Migration> broadcast = new Broadcast<>("understudy-migrations", (a, b) -> b);
    private final Map<MigrationId, Migration> pictures = new LinkedHashMap<>();
    private final Map<VmName, Active> active = new HashMap<>();
    /** VMs of migrations that were under way when this server stopped. */
    private final Set<VmName> unfinished = new HashSet<>();
    /** VMs that hosts were receiving when they were opened; on the onlooking thread only. */
    private final Set<VmName> arriving = new HashSet<>();

    private final ExecutorService onlooking = Executors.newSingleThreadExecutor(r -> {
        Thread thread = new Thread(r, "understudy-onlooking");
        thread.setDaemon(true);
        return thread;
    });

    /** @param whereabouts finds the host a VM is on, and throws if that is none or not clear */
    MigrationService(Hosts hosts, Function<VmName, Host> whereabouts, Policies policies, Surroundings around) {
        this.hosts = hosts;
        this.whereabouts = whereabouts;
        this.policies = policies;
        this.around = around;
        List<Journal.Entry> entries = around.journal().all();
        entries.forEach(e -> pictures.put(e.migration().id(), e.migration()));
        entries.stream()
                .filter(e -> e.stage() != Journal.Stage.ENDED)
                .forEach(e -> unfinished.add(e.migration().vm()));
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent);
        watch.refresh();
        entries.forEach(this::recover);
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
        Plan plan = plan(newId(), vm, destination, options);
        Migration first = first(plan);
        synchronized (this) {
            if (active.containsKey(vm)) {
                throw new UnderstudyException(
                        ErrorCode.MIGRATION_IN_PROGRESS, "VM " + vm + " is being migrated already");
            }
            around.journal().started(first, options);
            pictures.put(plan.id(), first);
            broadcast.send(plan.id(), first);
            Trail trail = new Trail(vm, plan.source(), plan.destination(), around.tempo());
            Picture picture = new Picture(first, around.clock(), this::publish);
            launch(first, new Run(new Voyage(plan, around, picture, trail)));
        }
        return first;
    }

    private void onOpened(Host host) {
        around.guard().onOpened(host);
        later(() -> lookOnAtOpening(host));
    }

    /** What began before a host was opened is told by no event; the receiving host shows it, whichever is opened first. */
    private void lookOnAtOpening(Host host) {
        try {
            arriving.forEach(vm -> lookOn(host, vm));
            host.vms().stream()
                    .filter(vm -> vm.state() == VmState.INCOMING && !unfinished.contains(vm.name()))
                    .forEach(vm -> {
                        arriving.add(vm.name());
                        hosts.all().forEach(source -> lookOn(source, vm.name()));
                    });
            arriving.removeIf(this::isActive);
        } catch (UnderstudyException e) {
            LOG.debug("What host {} receives is not known: {}", host.name(), e.getMessage());
        }
    }

    private void later(Runnable work) {
        try {
            onlooking.execute(work);
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed already", e);
        }
    }

    private void onEvent(Host host, HostEvent event) {
        around.guard().onEvent(host, event);
        if (event instanceof HostEvent.MigrationChanged changed
                && (changed.phase() == MigrationPhase.SETUP
                        || changed.phase() == MigrationPhase.WAIT_UNPLUG
                        || changed.phase() == MigrationPhase.ACTIVE)
                && !isActive(event.vm())) {
            later(() -> lookOn(host, event.vm()));
        }
    }

    private synchronized boolean isActive(VmName vm) {
        return active.containsKey(vm);
    }

    /** Both ends tell of a migration; the one that sends is looked at. */
    private void lookOn(Host source, VmName vm) {
        try {
            boolean sends = source.outgoing(vm)
                    .filter(o -> !o.progress().phase().isOver())
                    .isPresent();
            if (sends && !isActive(vm)) {
                receiver(source, vm).ifPresent(there -> lookOn(source, vm, there));
            }
        } catch (UnderstudyException e) {
            LOG.warn("VM {} is moved by somebody else, which cannot be followed: {}", vm, e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("VM {} is moved by somebody else, which cannot be followed", vm, e);
        }
    }

    /** Empty if it goes to a host that this server does not know. */
    private Optional<Host> receiver(Host source, VmName vm) {
        return hosts.all().stream()
                .filter(h -> !h.name().equals(source.name()))
                .filter(h -> holds(h, vm))
                .findFirst();
    }

    /** A host that is away receives nothing that could be shown. */
    private static boolean holds(Host host, VmName vm) {
        try {
            return host.find(vm)
                    .filter(there -> there.state() != VmState.SHUTOFF)
                    .isPresent();
        } catch (UnderstudyException e) {
            LOG.debug("Host {} was not asked for VM {}: {}", host.name(), vm, e.getMessage());
            return false;
        }
    }

    private synchronized void lookOn(Host source, VmName vm, Host there) {
        if (!active.containsKey(vm)) {
            Plan plan = new Plan(newId(), vm, source, there, MigrationOptions.defaults(), policies.current());
            Migration first = first(plan);
            LOG.info("VM {} is moved from {} to {} by somebody else: {}", vm, source.name(), there.name(), plan.id());
            // Publishes the first picture itself: one that nobody takes for a migration of this server's own.
            Onlooker onlooker = new Onlooker(plan, around, new Picture(first, around.clock(), this::publish));
            launch(first, onlooker);
        }
    }

    private synchronized void launch(Migration migration, Work work) {
        Thread thread = new Thread(work, "understudy-" + migration.id());
        thread.setDaemon(true);
        active.put(migration.vm(), new Active(work, thread));
        thread.start();
    }

    private void recover(Journal.Entry entry) {
        if (entry.stage() != Journal.Stage.ENDED) {
            Picture picture = new Picture(entry.migration(), around.clock(), this::publish);
            launch(entry.migration(), new Recovery(entry, hosts, policies.current(), around, picture));
        }
    }

    private Plan plan(MigrationId id, VmName vm, HostName destination, MigrationOptions options) {
        Host to = hosts.host(destination);
        return new Plan(id, vm, whereabouts.apply(vm), to, options, policies.current());
    }

    private synchronized MigrationId newId() {
        String stamp = STAMP.format(around.clock().instant());
        int n = 1;
        MigrationId id = new MigrationId("m-" + stamp + "-" + n);
        while (pictures.containsKey(id) || around.journal().has(id)) {
            n++;
            id = new MigrationId("m-" + stamp + "-" + n);
        }
        return id;
    }

    private Migration first(Plan plan) {
        Instant now = around.clock().instant();
        return new Migration(
                plan.id(),
                1,
                plan.vm(),
                plan.source().name(),
                plan.destination().name(),
                List.of(),
                now,
                Optional.empty(),
                Picture.untouched(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("the migration has not ended"),
                List.of());
    }

    /** Takes a new picture; an ended one is on disk before anyone sees it. */
    private void publish(Migration picture) {
        if (!picture.isRunning()) {
            keep(picture);
        }
        synchronized (this) {
            pictures.put(picture.id(), picture);
            if (!picture.isRunning()) {
                active.remove(picture.vm());
                trim();
            }
            broadcast.send(picture.id(), picture);
            notifyAll();
        }
    }

    private void keep(Migration ended) {
        try {
            around.journal().ended(ended);
        } catch (UnderstudyException e) {
            LOG.error("Migration {} ended, but its journal could not be written", ended.id(), e);
        }
    }

    private void trim() {
        List<MigrationId> ended = pictures.values().stream()
                .filter(m -> !m.isRunning())
                .map(Migration::id)
                .toList();
        ended.stream().limit(Math.max(0, ended.size() - ENDED_KEPT)).forEach(pictures::remove);
    }

    @Override
    public Migration cancel(MigrationId id) {
        Migration picture;
        Optional<Work> work;
        synchronized (this) {
            picture = show(id);
            work = Optional.ofNullable(active.get(picture.vm()))
                    .filter(a -> picture.isRunning())
                    .map(Active::work);
        }
        // Not under the lock: one that is only looked on asks its host.
        work.ifPresent(Work::cancel);
        return picture;
    }

    @Override
    public synchronized Migration show(MigrationId id) {
        Migration picture = pictures.get(id);
        if (picture == null) {
            throw new UnderstudyException(ErrorCode.MIGRATION_NOT_FOUND, "There is no migration " + id);
        }
        return picture;
    }

    @Override
    public synchronized List<Migration> list() {
        List<Migration> all = new ArrayList<>(pictures.values());
        Collections.reverse(all);
        return all;
    }

    @Override
    public synchronized Migration await(MigrationId id, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        try {
            for (long left = limit.toNanos(); show(id).isRunning() && left > 0; left = end - System.nanoTime()) {
                wait(left / 1_000_000, (int) (left % 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return show(id);
    }

    @Override
    public Subscription listen(Consumer<Migration> listener) {
        return broadcast.add(listener);
    }

    /**
     * Leaves running migrations to the journal: nothing is taken back, and the next start goes on. Waits a moment for
     * each to leave, so that a successor does not meet it.
     */
    @Override
    public void close() {
        leaving().forEach(a -> a.work().abandon());
        long end = System.nanoTime() + LEAVE.toNanos();
        leaving().forEach(a -> join(a.thread(), end));
        watch.close();
        onlooking.shutdownNow();
        around.guard().close();
        broadcast.close();
    }

    private synchronized List<Active> leaving() {
        return List.copyOf(active.values());
    }

    private static void join(Thread thread, long end) {
        try {
            thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

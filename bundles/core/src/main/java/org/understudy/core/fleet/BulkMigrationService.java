// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigration.State;
import org.understudy.api.BulkMigrations;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.concurrent.Delivery;
import org.understudy.concurrent.EventBroadcaster;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/**
 * Queues migrations and starts each when both of its hosts have fewer migrations than the limit. One thread decides what starts;
 * each start, which waits for hosts, has a thread of its own.
 */
@Component(immediate = true)
public final class BulkMigrationService implements BulkMigrations, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BulkMigrationService.class);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
    private static final int ENDED_KEPT = 100;
    /** A VF that is freed, or a host that is back, starts what waits after this time. */
    private static final Duration POLL = Duration.ofSeconds(10);

    private final VirtualMachines machines;
    private final Migrations migrations;
    private final Policies policies;
    private final AtomicReference<Optional<HostNics>> nics = new AtomicReference<>(Optional.empty());
    private final Scheduler scheduler;
    private final ExecutorService starts;
    private final ExecutorService decisions;
    private final Delivery<String, Runnable> passes;
    private final EventBroadcaster<String, BulkMigration> broadcaster;
    private final Map<String, BulkQueue> queues = new LinkedHashMap<>();
    private final Subscription updates;
    private final Subscription polls;
    private int created;

    @Activate
    public BulkMigrationService(
            @Reference VirtualMachines machines, @Reference Migrations migrations, @Reference Policies policies) {
        this(machines, migrations, policies, SystemScheduler.process());
    }

    BulkMigrationService(VirtualMachines machines, Migrations migrations, Policies policies, Scheduler scheduler) {
        this.machines = machines;
        this.migrations = migrations;
        this.policies = policies;
        this.scheduler = scheduler;
        this.starts = scheduler.pool("understudy-bulk-starts");
        this.decisions = scheduler.pool("understudy-bulk", 1, Integer.MAX_VALUE);
        this.passes = new Delivery<>("understudy-bulk", decisions, (older, newer) -> newer, Runnable::run);
        this.broadcaster = new EventBroadcaster<>("understudy-bulk-events", scheduler, (older, newer) -> newer);
        this.updates = migrations.listen(this::onMigration);
        this.polls = scheduler.every(POLL, this::requestPass);
    }

    /** Dynamic: a service that is replaced must not end what waits. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics served) {
        nics.set(Optional.of(served));
    }

    void unsetNics(HostNics served) {
        nics.updateAndGet(now -> now.filter(known -> known != served));
    }

    @Override
    public BulkMigration start(List<VmAddress> vms, Optional<HostName> destination, MigrationOptions options) {
        if (vms.isEmpty() || vms.size() > LARGEST) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "Number of VMs is " + vms.size() + "; allowed: 1 to " + LARGEST);
        }
        destination.ifPresent(this::requireConfigured);
        VmInventory known = machines.list();
        Set<Vm> found = new LinkedHashSet<>();
        vms.forEach(vm -> found.add(Addresses.only(vm, known)));
        BulkMigration first;
        synchronized (this) {
            found.forEach(this::requireNotQueued);
            String id = "b-" + STAMP.format(scheduler.instant()) + "-" + ++created;
            List<QueuedVm> queued =
                    found.stream().map(vm -> new QueuedVm(vm, destination)).toList();
            BulkQueue queue = new BulkQueue(id, scheduler.instant(), queued, options);
            queues.put(id, queue);
            first = publish(queue);
        }
        requestPass();
        return first;
    }

    private void requireConfigured(HostName name) {
        if (machines.hosts().stream().noneMatch(host -> host.name().equals(name))) {
            throw new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "Host '" + name + "' is not in the configuration");
        }
    }

    private void requireNotQueued(Vm vm) {
        queues.values().stream()
                .filter(queue -> queue.vms().stream().anyMatch(queued -> !queued.isOver() && isSame(queued.vm(), vm)))
                .findFirst()
                .ifPresent(queue -> {
                    throw new UnderstudyException(
                            ErrorCode.MIGRATION_IN_PROGRESS,
                            "VM " + vm.name() + " is in bulk migration " + queue.id() + " already");
                });
    }

    private static boolean isSame(Vm one, Vm other) {
        return one.uuid().equals(other.uuid()) && one.host().equals(other.host());
    }

    private void requestPass() {
        passes.put("pass", this::pass);
    }

    /** Starts what can start. Reads hosts outside the monitor, as they may be slow to answer. */
    private void pass() {
        if (!isAnyWaiting()) {
            return;
        }
        Destinations destinations = new Destinations(
                machines.hosts(), nics.get().map(HostNics::pools).orElse(List.of()), policies.current());
        List<Runnable> started = new ArrayList<>();
        synchronized (this) {
            StartRules rules =
                    new StartRules(policies.current().migrationsAtOnce(), migrations.list(), running(), destinations);
            for (BulkQueue queue : List.copyOf(queues.values())) {
                boolean changed = false;
                for (QueuedVm vm : queue.vms()) {
                    if (vm.state() == State.WAITING) {
                        changed |= rules.apply(vm);
                        if (vm.state() == State.RUNNING) {
                            started.add(() -> startOne(queue, vm));
                        }
                    }
                }
                if (changed) {
                    publish(queue);
                }
            }
        }
        started.forEach(this::execute);
    }

    private synchronized boolean isAnyWaiting() {
        return queues.values().stream()
                .flatMap(queue -> queue.vms().stream())
                .anyMatch(vm -> vm.state() == State.WAITING);
    }

    private List<QueuedVm> running() {
        return queues.values().stream()
                .flatMap(queue -> queue.vms().stream())
                .filter(vm -> vm.state() == State.RUNNING)
                .toList();
    }

    private void execute(Runnable start) {
        try {
            starts.execute(start);
        } catch (RejectedExecutionException e) {
            LOG.debug("Server is stopping: bulk migration starts no further migration", e);
        }
    }

    private void startOne(BulkQueue queue, QueuedVm vm) {
        if (isWithdrawn(queue, vm)) {
            requestPass();
            return;
        }
        Migration first;
        try {
            VmAddress address = Addresses.of(vm.vm());
            first = migrations.start(address, vm.destination().orElseThrow(), queue.options());
        } catch (UnderstudyException e) {
            refuse(queue, vm, e.getMessage());
            return;
        } catch (RuntimeException | Error e) {
            LOG.error(
                    "Bulk migration {}: migration of VM {} could not start",
                    queue.id(),
                    vm.vm().name(),
                    e);
            refuse(queue, vm, String.valueOf(e));
            return;
        }
        update(queue, vm, first);
        // The listener may have received the next status, or the last one, before the first one is known here.
        Migration now = migrations.show(first.id());
        update(queue, vm, now);
        cancelIfRequested(vm);
        if (!now.isRunning()) {
            requestPass();
        }
    }

    /** Whether the user has cancelled the migration before it began. */
    private synchronized boolean isWithdrawn(BulkQueue queue, QueuedVm vm) {
        boolean withdrawn = vm.withdraw();
        if (withdrawn) {
            publish(queue);
        }
        return withdrawn;
    }

    private void refuse(BulkQueue queue, QueuedVm vm, String reason) {
        synchronized (this) {
            vm.refuse(reason);
            publish(queue);
        }
        requestPass();
    }

    private void cancelIfRequested(QueuedVm vm) {
        Optional<Migration> wanted;
        synchronized (this) {
            wanted = vm.migration().filter(m -> vm.isCancelled());
        }
        wanted.filter(Migration::isRunning).ifPresent(m -> migrations.cancel(m.id()));
    }

    private synchronized void update(BulkQueue queue, QueuedVm vm, Migration now) {
        if (vm.update(now)) {
            publish(queue);
        }
    }

    private void onMigration(Migration now) {
        synchronized (this) {
            for (BulkQueue queue : List.copyOf(queues.values())) {
                queue.vms().stream()
                        .filter(vm -> vm.migration()
                                .filter(m -> m.id().equals(now.id()))
                                .isPresent())
                        .forEach(vm -> update(queue, vm, now));
            }
        }
        if (!now.isRunning()) {
            requestPass();
        }
    }

    @Override
    public BulkMigration cancel(String id) {
        return cancel(id, vm -> true);
    }

    @Override
    public BulkMigration cancel(String id, VmAddress vm) {
        BulkQueue queue = queue(id);
        Predicate<QueuedVm> named = queued -> vm.matches(
                queued.vm().host(), queued.vm().name().value(), queued.vm().uuid());
        if (queue.vms().stream().noneMatch(named)) {
            throw new UnderstudyException(ErrorCode.VM_NOT_FOUND, "VM '" + vm + "' is not in bulk migration " + id);
        }
        return cancel(id, named);
    }

    private BulkMigration cancel(String id, Predicate<QueuedVm> which) {
        BulkQueue queue = queue(id);
        BulkMigration now;
        List<QueuedVm> cancelled;
        synchronized (this) {
            cancelled = queue.vms().stream()
                    .filter(vm -> !vm.isOver())
                    .filter(which)
                    .toList();
            cancelled.forEach(QueuedVm::cancel);
            now = cancelled.isEmpty() ? queue.view() : publish(queue);
        }
        cancelled.forEach(this::cancelIfRequested);
        return now;
    }

    private synchronized BulkQueue queue(String id) {
        BulkQueue queue = queues.get(id);
        if (queue == null) {
            throw new UnderstudyException(
                    ErrorCode.MIGRATION_NOT_FOUND,
                    "Bulk migration " + id + " is unknown; a restart of the server ends what waits");
        }
        return queue;
    }

    @Override
    public synchronized BulkMigration show(String id) {
        return queue(id).view();
    }

    @Override
    public synchronized List<BulkMigration> list() {
        List<BulkMigration> all =
                new ArrayList<>(queues.values().stream().map(BulkQueue::view).toList());
        Collections.reverse(all);
        return List.copyOf(all);
    }

    @Override
    public Subscription listen(Consumer<BulkMigration> listener) {
        return broadcaster.add(listener);
    }

    /** Called with the monitor held. */
    private BulkMigration publish(BulkQueue queue) {
        BulkMigration now = queue.changed(scheduler.instant());
        broadcaster.send(queue.id(), now);
        List<String> ended = queues.values().stream()
                .filter(q -> !q.isRunning())
                .map(BulkQueue::id)
                .toList();
        ended.stream().limit(Math.max(0, ended.size() - ENDED_KEPT)).forEach(queues::remove);
        return now;
    }

    /** What waits is dropped, and reported: no file has it. */
    @Override
    @Deactivate
    public void close() {
        updates.close();
        polls.close();
        passes.close();
        synchronized (this) {
            queues.values().stream().filter(BulkQueue::isRunning).forEach(queue -> {
                long waiting = queue.vms().stream()
                        .filter(vm -> vm.state() == State.WAITING)
                        .count();
                LOG.warn("Bulk migration {}: server stops, {} VMs that wait are not migrated", queue.id(), waiting);
            });
        }
        decisions.shutdown();
        starts.shutdown();
        broadcaster.close();
    }
}

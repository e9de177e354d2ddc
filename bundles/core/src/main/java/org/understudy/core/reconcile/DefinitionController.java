// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migrations;
import org.understudy.api.PairChange;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfNetworks;
import org.understudy.api.xml.DomainDocument;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.health.VmKey;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmReading;
import org.understudy.core.inventory.VmReadings;
import org.understudy.core.pair.PairService;

/**
 * Compares the stored definition of each VM with its requested pairs: restores a missing half of a pair, and reports what
 * prevents the next start, such as a renamed network. VMs without a requested pair are neither changed nor reported.
 */
@Component(service = DefinitionController.class, immediate = true)
public final class DefinitionController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DefinitionController.class);

    /**
     * How often VMs are reconciled.
     *
     * @param settle from an event to the check: an edit may have two parts
     * @param backoff between checks while there are findings
     */
    record Timings(Duration settle, Backoff backoff) {
        static Timings usual() {
            return new Timings(Duration.ofSeconds(3), new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5)));
        }
    }

    private final Hosts hosts;
    private final VmReadings readings;
    private final PairService pairs;
    private final MigrationLock migrationLock;
    private final Timings timings;
    /** By VM with a requested pair; empty for a VM without findings. */
    private final Map<VmKey, List<Finding>> found = new ConcurrentHashMap<>();

    private final Map<HostName, Subscription> networkSubscriptions = new ConcurrentHashMap<>();
    private final Controller<VmKey> controller;
    private final HostWatch watch;

    @Activate
    public DefinitionController(
            @Reference Hosts hosts,
            @Reference VmReadings readings,
            @Reference PairService pairs,
            @Reference Migrations migrations) {
        this(hosts, readings, pairs, migrations, Timings.usual(), SystemScheduler.process());
    }

    DefinitionController(
            Hosts hosts,
            VmReadings readings,
            PairService pairs,
            Migrations migrations,
            Timings timings,
            Scheduler scheduler) {
        this.hosts = hosts;
        this.pairs = pairs;
        this.migrationLock = new MigrationLock(migrations);
        this.timings = timings;
        this.controller =
                new Controller<>("understudy-definitions", scheduler, VmKey::host, timings.backoff(), this::reconcile);
        this.readings = readings;
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent, scheduler);
    }

    /** How VMs differ from their requested pairs. Does not block. */
    public List<Finding> findings() {
        return found.values().stream().flatMap(List::stream).toList();
    }

    /** How one VM differs from its requested pairs. Does not block. */
    public List<Finding> findings(HostName host, VmName vm) {
        return found.getOrDefault(new VmKey(host, vm), List.of());
    }

    private void onOpened(Host host) {
        readings.whenRead(
                host,
                vms -> vms.values().stream()
                        .filter(VmReading::mayHaveRequests)
                        .forEach(vm -> enqueue(new VmKey(host.name(), vm.vm().name()))));
        if (host instanceof VfNetworks networks) {
            Subscription subscription = networks.listen(() -> found.keySet().stream()
                    .filter(key -> key.host().equals(host.name()))
                    .forEach(this::enqueue));
            Optional.ofNullable(networkSubscriptions.put(host.name(), subscription))
                    .ifPresent(Subscription::close);
        }
    }

    private void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.DefinitionChanged || event instanceof HostEvent.EventsMissed) {
            enqueue(new VmKey(host.name(), event.vm()));
        }
    }

    private Optional<Host> open(HostName name) {
        return hosts.all().stream().filter(h -> h.name().equals(name)).findFirst();
    }

    private void enqueue(VmKey key) {
        controller.addAfter(key, timings.settle());
    }

    private Controller.Result reconcile(VmKey key) {
        try {
            Optional<CheckResult> now = check(key);
            updateFindings(key, now.map(CheckResult::findings));
            return now.map(this::next).orElse(Controller.Result.done());
        } catch (UnderstudyException e) {
            LOG.debug("{}: definition could not be checked, retrying", key, e);
            return Controller.Result.retry();
        }
    }

    private enum State {
        SETTLED,
        /** To be checked again even without findings. */
        CHANGED,
        /** Not checked, because the VM is being migrated. */
        MIGRATING
    }

    private record CheckResult(List<Finding> findings, State state) {}

    /** A migration is no failure: after it, a missing half does not wait for the end of a long pause. */
    private Controller.Result next(CheckResult result) {
        if (result.state() == State.MIGRATING) {
            return Controller.Result.after(timings.settle());
        }
        return result.state() == State.CHANGED || !result.findings().isEmpty()
                ? Controller.Result.retry()
                : Controller.Result.done();
    }

    /** Empty for a VM that is not on the host or has no requested pair. */
    private Optional<CheckResult> check(VmKey key) {
        Optional<Host> host = open(key.host()).filter(h -> h.find(key.vm()).isPresent());
        Optional<String> definition = host.map(h -> h.definition(key.vm())).filter(DefinitionController::hasRequests);
        if (definition.isEmpty()) {
            return Optional.empty();
        }
        if (migrationLock.isMigrating(key.vm(), host.orElseThrow())) {
            return Optional.of(new CheckResult(found.getOrDefault(key, List.of()), State.MIGRATING));
        }
        List<Finding> now = lint(key, definition.get());
        boolean complete = now.stream().noneMatch(f -> f.code() == FindingCode.PAIR_HALF_MISSING);
        // If the half is removed again and again, it is restored only after each pause.
        if (complete || controller.isPausing(key)) {
            return Optional.of(new CheckResult(now, State.SETTLED));
        }
        PairChange completed;
        try {
            completed = pairs.complete(key.vm());
        } catch (UnderstudyException e) {
            LOG.warn("{}: a half of its pair is missing and could not be restored, retrying: {}", key, e.getMessage());
            return Optional.of(new CheckResult(now, State.CHANGED));
        }
        if (completed.changed()) {
            LOG.warn("{}: a half of a requested pair was missing in its definition and is restored", key);
        }
        List<Finding> remaining = new ArrayList<>(lint(key, host.orElseThrow().definition(key.vm())));
        remaining.addAll(completed.findings());
        return Optional.of(
                new CheckResult(List.copyOf(remaining), completed.changed() ? State.CHANGED : State.SETTLED));
    }

    private static boolean hasRequests(String definition) {
        return DomainView.requests(DomainDocument.parse(definition)).findAny().isPresent();
    }

    private List<Finding> lint(VmKey key, String definition) {
        return pairs.lint(definition, Optional.of(key.host())).stream()
                .filter(f -> f.severity() == Severity.ERROR || f.code() == FindingCode.PAIR_HALF_MISSING)
                .toList();
    }

    private void updateFindings(VmKey key, Optional<List<Finding>> now) {
        List<Finding> before = Optional.ofNullable(now.isEmpty() ? found.remove(key) : found.put(key, now.get()))
                .orElse(List.of());
        now.stream()
                .flatMap(List::stream)
                .filter(f -> !before.contains(f))
                .forEach(f -> LOG.warn("{}: {}", key, f.message()));
    }

    @Override
    @Deactivate
    public void close() {
        watch.close();
        networkSubscriptions.values().forEach(Subscription::close);
        controller.close();
    }
}

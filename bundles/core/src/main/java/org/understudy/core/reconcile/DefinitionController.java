// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
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
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfNetworks;
import org.understudy.api.xml.DomainDocument;
import org.understudy.core.concurrent.Backoff;
import org.understudy.core.concurrent.Controller;
import org.understudy.core.concurrent.Scheduler;
import org.understudy.core.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.health.PairHealthTracker.Place;
import org.understudy.core.inventory.HostWatch;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.pair.PairService;

/**
 * Compares what is stored of each VM with what was asked of it: puts a half of a pair back that somebody took, and tells
 * what stands in the way of the next start, such as a network that has another name now. VMs that did not ask are left
 * alone, also by their findings.
 */
@Component(service = DefinitionController.class, immediate = true)
public final class DefinitionController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DefinitionController.class);

    /**
     * How often something is done.
     *
     * @param settle after news, before looking: an edit may have two parts
     * @param pauses before looking again where something was found
     */
    record Rhythm(Duration settle, Backoff pauses) {
        static Rhythm usual() {
            return new Rhythm(Duration.ofSeconds(3), new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5)));
        }
    }

    private final Hosts hosts;
    private final PairService pairs;
    private final MigrationLock migrationLock;
    private final Rhythm rhythm;
    /** What was found of the VMs that asked; empty for one that is well. */
    private final Map<Place, List<Finding>> found = new ConcurrentHashMap<>();

    private final Map<HostName, Subscription> networkNews = new ConcurrentHashMap<>();
    private final Controller<Place> controller;
    /** Reads which VMs a host has that was opened. */
    private final Controller<HostName> openings;

    private final HostWatch watch;

    @Activate
    public DefinitionController(
            @Reference Hosts hosts, @Reference PairService pairs, @Reference Migrations migrations) {
        this(hosts, pairs, migrations, Rhythm.usual(), SystemScheduler.process());
    }

    DefinitionController(Hosts hosts, PairService pairs, Migrations migrations, Rhythm rhythm, Scheduler scheduler) {
        this.hosts = hosts;
        this.pairs = pairs;
        this.migrationLock = new MigrationLock(migrations);
        this.rhythm = rhythm;
        this.controller =
                new Controller<>("understudy-definitions", scheduler, Place::host, rhythm.pauses(), this::look);
        this.openings = new Controller<>(
                "understudy-definitions-opened", scheduler, Function.identity(), rhythm.pauses(), this::planAll);
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent, scheduler);
    }

    /** How VMs differ from what was asked of them. Answers at once. */
    public List<Finding> findings() {
        return found.values().stream().flatMap(List::stream).toList();
    }

    private void onOpened(Host host) {
        openings.add(host.name());
        if (host instanceof VfNetworks networks) {
            Subscription news = networks.listen(() -> found.keySet().stream()
                    .filter(place -> place.host().equals(host.name()))
                    .forEach(this::plan));
            Optional.ofNullable(networkNews.put(host.name(), news)).ifPresent(Subscription::close);
        }
    }

    private void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.DefinitionChanged) {
            plan(new Place(host.name(), event.vm()));
        }
    }

    private Controller.Result planAll(HostName name) {
        try {
            open(name).ifPresent(host -> host.vms().forEach(vm -> plan(new Place(name, vm.name()))));
            return Controller.Result.done();
        } catch (UnderstudyException e) {
            LOG.debug("Host {}: definitions are checked later: {}", name, e.getMessage());
            return Controller.Result.retry();
        }
    }

    private Optional<Host> open(HostName name) {
        return hosts.all().stream().filter(h -> h.name().equals(name)).findFirst();
    }

    private void plan(Place place) {
        controller.addAfter(place, rhythm.settle());
    }

    private Controller.Result look(Place place) {
        try {
            Optional<Judgment> now = judged(place);
            notifyListeners(place, now.map(Judgment::findings));
            boolean again =
                    now.filter(j -> j.unsettled() || !j.findings().isEmpty()).isPresent();
            return again ? Controller.Result.retry() : Controller.Result.done();
        } catch (UnderstudyException e) {
            LOG.debug("{}: definition is checked later", place, e);
            return Controller.Result.retry();
        }
    }

    /** @param unsettled whether to look again though nothing was found */
    private record Judgment(List<Finding> findings, boolean unsettled) {}

    /** Empty for a VM that is not there or did not ask. */
    private Optional<Judgment> judged(Place place) {
        Optional<Host> host = open(place.host()).filter(h -> h.find(place.vm()).isPresent());
        Optional<String> definition = host.map(h -> h.definition(place.vm())).filter(DefinitionController::asked);
        if (definition.isEmpty()) {
            return Optional.empty();
        }
        if (migrationLock.isMoving(place.vm(), host.orElseThrow())) {
            return Optional.of(new Judgment(found.getOrDefault(place, List.of()), true));
        }
        List<Finding> now = lint(place, definition.get());
        boolean whole = now.stream().noneMatch(f -> f.code() == FindingCode.PAIR_HALF_MISSING);
        // Who takes it away again and again is not answered each time.
        if (whole || controller.isPausing(place)) {
            return Optional.of(new Judgment(now, false));
        }
        PairChange completed;
        try {
            completed = pairs.complete(place.vm());
        } catch (UnderstudyException e) {
            LOG.warn("{}: a half of its pair has gone and can't be put back yet: {}", place, e.getMessage());
            return Optional.of(new Judgment(now, true));
        }
        if (completed.changed()) {
            LOG.warn("{}: a half of a pair that was asked for had gone from its definition; it is put back", place);
        }
        List<Finding> left = new ArrayList<>(lint(place, host.orElseThrow().definition(place.vm())));
        left.addAll(completed.findings());
        return Optional.of(new Judgment(List.copyOf(left), completed.changed()));
    }

    private static boolean asked(String definition) {
        return DomainView.requests(DomainDocument.parse(definition)).findAny().isPresent();
    }

    private List<Finding> lint(Place place, String definition) {
        return pairs.lint(definition, Optional.of(place.host())).stream()
                .filter(f -> f.severity() == Severity.ERROR || f.code() == FindingCode.PAIR_HALF_MISSING)
                .toList();
    }

    private void notifyListeners(Place place, Optional<List<Finding>> now) {
        List<Finding> before = Optional.ofNullable(now.isEmpty() ? found.remove(place) : found.put(place, now.get()))
                .orElse(List.of());
        now.stream()
                .flatMap(List::stream)
                .filter(f -> !before.contains(f))
                .forEach(f -> LOG.warn("{}: {}", place, f.message()));
    }

    @Override
    @Deactivate
    public void close() {
        watch.close();
        networkNews.values().forEach(Subscription::close);
        openings.close();
        controller.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfNetworks;
import org.understudy.api.xml.DomainDocument;
import org.understudy.core.domain.DomainView;
import org.understudy.core.health.PairHealthTracker.Place;
import org.understudy.core.pair.PairService;
import org.understudy.core.vm.Standstill;
import org.understudy.core.watch.HostWatch;
import org.understudy.core.watch.Lanes;
import org.understudy.core.watch.Retries;

/**
 * Compares what is stored of each VM with what was asked of it: puts a half of a pair back that somebody took, and tells
 * what stands in the way of the next start, such as a network that has another name now. VMs that did not ask are left
 * alone, also by their findings.
 */
@Component(service = DefinitionKeeper.class, immediate = true)
public final class DefinitionKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DefinitionKeeper.class);
    private static final Duration LOOK_FOR_HOSTS = Duration.ofSeconds(2);

    /**
     * How often something is done.
     *
     * @param settle after news, before looking: an edit may have two parts
     * @param pause before looking again where something was found; grows
     */
    record Rhythm(Duration settle, Duration pause) {
        static Rhythm usual() {
            return new Rhythm(Duration.ofSeconds(3), Duration.ofSeconds(5));
        }
    }

    private final Hosts hosts;
    private final PairService pairs;
    private final Standstill standstill;
    private final Rhythm rhythm;
    /** What was found of the VMs that asked; empty for one that is well. */
    private final Map<Place, List<Finding>> found = new ConcurrentHashMap<>();

    private final Set<Place> planned = ConcurrentHashMap.newKeySet();
    private final Map<HostName, Subscription> networkNews = new ConcurrentHashMap<>();
    private final Lanes lanes = new Lanes("understudy-definitions");
    private final Retries<Place> retries;
    private final HostWatch watch;

    @Activate
    public DefinitionKeeper(@Reference Hosts hosts, @Reference PairService pairs, @Reference Migrations migrations) {
        this(hosts, pairs, migrations, Rhythm.usual());
    }

    DefinitionKeeper(Hosts hosts, PairService pairs, Migrations migrations, Rhythm rhythm) {
        this.hosts = hosts;
        this.pairs = pairs;
        this.standstill = new Standstill(migrations);
        this.rhythm = rhythm;
        this.retries = new Retries<>(lanes, Place::host, rhythm.pause(), this::look);
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent, LOOK_FOR_HOSTS);
    }

    /** How VMs differ from what was asked of them. Answers at once. */
    public List<Finding> findings() {
        return found.values().stream().flatMap(List::stream).toList();
    }

    private void onOpened(Host host) {
        lanes.run(host.name(), () -> {
            try {
                host.vms().forEach(vm -> plan(new Place(host.name(), vm.name())));
            } catch (UnderstudyException e) {
                LOG.debug("The definitions of host {} are looked at once it is open again", host.name(), e);
            }
        });
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

    /** However much news comes of a VM, one look is planned. */
    private void plan(Place place) {
        if (planned.add(place)) {
            lanes.schedule(place.host(), rhythm.settle(), () -> {
                planned.remove(place);
                look(place);
            });
        }
    }

    private void look(Place place) {
        try {
            tell(place, judged(place));
        } catch (UnderstudyException e) {
            LOG.debug("The definitions of {} are looked at later", place, e);
            retries.refused(place);
        }
    }

    /** Empty for a VM that is not there or did not ask. */
    private Optional<List<Finding>> judged(Place place) {
        Optional<Host> host = hosts.all().stream()
                .filter(h -> h.name().equals(place.host()) && h.find(place.vm()).isPresent())
                .findFirst();
        Optional<String> definition = host.map(h -> h.definition(place.vm())).filter(DefinitionKeeper::asked);
        if (definition.isEmpty()) {
            return Optional.empty();
        }
        if (standstill.isMoving(place.vm(), host.orElseThrow())) {
            retries.refused(place);
            return Optional.of(found.getOrDefault(place, List.of()));
        }
        List<Finding> now = lint(place, definition.get());
        boolean whole = now.stream().noneMatch(f -> f.code() == FindingCode.PAIR_HALF_MISSING);
        // Who takes it away again and again is not answered each time.
        if (whole || retries.isWaiting(place)) {
            return Optional.of(now);
        }
        PairChange completed;
        try {
            completed = pairs.complete(place.vm());
        } catch (UnderstudyException e) {
            LOG.warn("{}: a half of its pair has gone and can't be put back yet: {}", place, e.getMessage());
            return Optional.of(now);
        }
        if (completed.changed()) {
            retries.refused(place);
            LOG.warn("{}: a half of a pair that was asked for had gone from its definition; it is put back", place);
        }
        List<Finding> left = new ArrayList<>(lint(place, host.orElseThrow().definition(place.vm())));
        left.addAll(completed.findings());
        return Optional.of(List.copyOf(left));
    }

    private static boolean asked(String definition) {
        return DomainView.wishes(DomainDocument.parse(definition)).findAny().isPresent();
    }

    private List<Finding> lint(Place place, String definition) {
        return pairs.lint(definition, Optional.of(place.host())).stream()
                .filter(f -> f.severity() == Severity.ERROR || f.code() == FindingCode.PAIR_HALF_MISSING)
                .toList();
    }

    private void tell(Place place, Optional<List<Finding>> now) {
        List<Finding> before = Optional.ofNullable(now.isEmpty() ? found.remove(place) : found.put(place, now.get()))
                .orElse(List.of());
        now.stream()
                .flatMap(List::stream)
                .filter(f -> !before.contains(f))
                .forEach(f -> LOG.warn("{}: {}", place, f.message()));
        if (now.filter(list -> !list.isEmpty()).isPresent()) {
            retries.refused(place);
        }
    }

    @Override
    @Deactivate
    public void close() {
        watch.close();
        networkNews.values().forEach(Subscription::close);
        lanes.close();
    }
}

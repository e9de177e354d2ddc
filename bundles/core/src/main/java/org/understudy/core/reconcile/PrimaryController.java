// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostNics;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.NicInventory;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.concurrent.Backoff;
import org.understudy.core.concurrent.Controller;
import org.understudy.core.concurrent.Scheduler;
import org.understudy.core.concurrent.ServiceSubscription;
import org.understudy.core.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.health.PairHealthTracker.Place;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.vf.VfLeaseController;

/**
 * Compares what was asked with what is, and plugs a primary again that a running VM has lost. Looks at how things are,
 * never at what happened: news only makes it look. It leaves VMs alone that did not ask or are moved, and pauses longer
 * after each attempt that did not help.
 */
@Component(service = PrimaryController.class, immediate = true)
public final class PrimaryController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PrimaryController.class);

    /**
     * How often something is done.
     *
     * @param settle after news, before looking: what is under way may end by itself
     * @param pauses before looking again after an attempt
     * @param rounds distance of looks without any news
     */
    record Rhythm(Duration settle, Backoff pauses, Duration rounds) {
        static Rhythm usual() {
            return new Rhythm(
                    Duration.ofSeconds(3),
                    new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5)),
                    Duration.ofSeconds(60));
        }
    }

    private final Hosts hosts;
    private final PairHealthTracker health;
    private final VfLeaseController vfs;
    private final MigrationLock migrationLock;
    private final Rhythm rhythm;
    private final ServiceSubscription<HostNics> nics = new ServiceSubscription<>(served -> served.listen(this::onNics));
    private final List<Subscription> news;
    private final Controller<Place> controller;

    @Activate
    public PrimaryController(
            @Reference Hosts hosts,
            @Reference PairHealthTracker health,
            @Reference Migrations migrations,
            @Reference VfLeaseController vfs) {
        this(hosts, health, migrations, vfs, Rhythm.usual(), SystemScheduler.process());
    }

    PrimaryController(
            Hosts hosts,
            PairHealthTracker health,
            Migrations migrations,
            VfLeaseController vfs,
            Rhythm rhythm,
            Scheduler scheduler) {
        this.hosts = hosts;
        this.health = health;
        this.vfs = vfs;
        this.migrationLock = new MigrationLock(migrations);
        this.rhythm = rhythm;
        this.controller = new Controller<>("understudy-reconcile", scheduler, Place::host, rhythm.pauses(), this::look);
        this.news = List.of(
                health.listen(this::onChange),
                migrations.listen(this::onMigration),
                scheduler.every(rhythm.rounds(), () -> lookAt(place -> true)));
    }

    /** A VF that is free, or back, may be what a VM waits for. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics served) {
        nics.set(served);
    }

    void unsetNics(HostNics served) {
        nics.unset(served);
    }

    private void onNics(NicInventory inventory) {
        lookAt(place -> place.host().equals(inventory.host()));
    }

    private void onChange(PairChanged change) {
        if (PairHealthTracker.lacksPrimary(change.pair().health())) {
            plan(new Place(change.host(), change.vm()));
        }
    }

    private void onMigration(Migration migration) {
        if (!migration.isRunning()) {
            lookAt(place -> place.vm().equals(migration.vm()));
        }
    }

    private void lookAt(Predicate<Place> which) {
        health.withoutPrimary().stream().filter(which).forEach(this::plan);
    }

    private void plan(Place place) {
        controller.addAfter(place, rhythm.settle());
    }

    private Controller.Result look(Place place) {
        if (controller.isPausing(place)) {
            return Controller.Result.retry();
        }
        try {
            boolean attempted = hosts.all().stream()
                    .filter(h -> h.name().equals(place.host()))
                    .findFirst()
                    .filter(host -> look(place, host))
                    .isPresent();
            return attempted ? Controller.Result.retry() : Controller.Result.done();
        } catch (UnderstudyException e) {
            LOG.debug("{} is looked at later: {}", place, e.getMessage());
            return Controller.Result.retry();
        }
    }

    /** Returns whether to look again. */
    private boolean look(Place place, Host host) {
        Optional<HostedVm> vm = host.find(place.vm()).filter(v -> v.state() == VmState.RUNNING);
        if (vm.isEmpty() || migrationLock.isMoving(place.vm(), host)) {
            return false;
        }
        Optional<DomainView> live = host.liveDefinition(place.vm()).map(DomainView::of);
        boolean again = false;
        for (PairView pair : DomainView.of(host.definition(place.vm())).pairs()) {
            if (pair.asked() && live.filter(l -> l.carries(pair)).isPresent()) {
                again |= mend(place, new VmLocation(host, vm.get()), pair);
            }
        }
        return again;
    }

    private boolean mend(Place place, VmLocation here, PairView pair) {
        PrimaryPresence presence = here.host().primaryPresence(place.vm(), pair.primary());
        if (presence == PrimaryPresence.ABSENT) {
            return attempt(place, pair, () -> plug(place, here, pair));
        }
        return presence == PrimaryPresence.ENABLED
                && health.isMisconfigured(place, pair.primary())
                && attempt(place, pair, () -> takeBack(place, here, pair));
    }

    private void plug(Place place, VmLocation here, PairView pair) {
        vfs.around(here, List.of(pair), assigned -> {
            // A migration may have begun while the VF was made ready.
            migrationLock.require(place.vm());
            here.host().plugPrimary(place.vm(), pair.primary(), Optional.ofNullable(assigned.get(pair.primary())));
        });
        LOG.info("{} had lost {}; it is plugged again", place, pair.primary());
    }

    /** A VF cannot be set up while a guest uses it. The guest goes on over its standby NIC, which is better than a wrong VF. */
    private void takeBack(Place place, VmLocation here, PairView pair) {
        vfs.leadToStandby(here, pair.primary());
        here.host().unplugPrimary(place.vm(), pair.primary());
        LOG.warn("{} is asked for {}, whose VF is not as the pair needs it", place, pair.primary());
    }

    /** That it helped is not believed, but seen by looking again. */
    private boolean attempt(Place place, PairView pair, Runnable mending) {
        try {
            mending.run();
            return true;
        } catch (UnderstudyException e) {
            health.annotate(place, pair.primary(), "It cannot be mended yet: " + e.getMessage());
            if (isForWantOfVfs(e)) {
                LOG.debug("{} waits for a VF for {}: {}", place, pair.primary(), e.getMessage());
                return false;
            }
            LOG.warn("{}, {} cannot be mended yet: {}", place, pair.primary(), e.getMessage());
            return true;
        }
    }

    /** Trying again would not help; a change of the host's NICs may. */
    private static boolean isForWantOfVfs(UnderstudyException e) {
        return e.findings().stream()
                .map(Finding::code)
                .anyMatch(code -> code == FindingCode.POOL_EXHAUSTED || code == FindingCode.VF_NOT_FREE);
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        news.forEach(Subscription::close);
        controller.close();
    }
}

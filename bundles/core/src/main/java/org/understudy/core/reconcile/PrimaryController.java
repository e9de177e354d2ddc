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
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.health.VmKey;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.vf.VfLeaseController;

/**
 * Plugs a primary again that a running VM has lost, and unplugs one whose VF is misconfigured. Level-triggered: an event
 * only starts a check of the actual state. VMs without a requested pair and VMs in a migration are not changed. Retries
 * with a backoff.
 */
@Component(service = PrimaryController.class, immediate = true)
public final class PrimaryController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PrimaryController.class);

    /**
     * How often VMs are reconciled.
     *
     * @param settle from an event to the check: a transient state may end by itself
     * @param backoff between attempts
     * @param resync interval of checks without an event
     */
    record Timings(Duration settle, Backoff backoff, Duration resync) {
        static Timings usual() {
            return new Timings(
                    Duration.ofSeconds(3),
                    new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5)),
                    Duration.ofSeconds(60));
        }
    }

    private final Hosts hosts;
    private final PairHealthTracker health;
    private final VfLeaseController vfs;
    private final MigrationLock migrationLock;
    private final Timings timings;
    private final ServiceSubscription<HostNics> nics =
            new ServiceSubscription<>(served -> served.listen(this::onInventory));
    private final List<Subscription> subscriptions;
    private final Controller<VmKey> controller;

    @Activate
    public PrimaryController(
            @Reference Hosts hosts,
            @Reference PairHealthTracker health,
            @Reference Migrations migrations,
            @Reference VfLeaseController vfs) {
        this(hosts, health, migrations, vfs, Timings.usual(), SystemScheduler.process());
    }

    PrimaryController(
            Hosts hosts,
            PairHealthTracker health,
            Migrations migrations,
            VfLeaseController vfs,
            Timings timings,
            Scheduler scheduler) {
        this.hosts = hosts;
        this.health = health;
        this.vfs = vfs;
        this.migrationLock = new MigrationLock(migrations);
        this.timings = timings;
        this.controller =
                new Controller<>("understudy-reconcile", scheduler, VmKey::host, timings.backoff(), this::reconcile);
        this.subscriptions = List.of(
                health.listen(this::onChange),
                migrations.listen(this::onMigration),
                scheduler.every(timings.resync(), () -> enqueueMatching(key -> true)));
    }

    /** A VM may wait for a VF that has become free or has reappeared. */
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

    private void onInventory(NicInventory inventory) {
        enqueueMatching(key -> key.host().equals(inventory.host()));
    }

    private void onChange(PairChanged change) {
        if (PairHealthTracker.lacksPrimary(change.pair().health())) {
            enqueue(new VmKey(change.host(), change.vm()));
        }
    }

    private void onMigration(Migration migration) {
        if (!migration.isRunning()) {
            enqueueMatching(key -> key.vm().equals(migration.vm()));
        }
    }

    private void enqueueMatching(Predicate<VmKey> which) {
        health.withoutPrimary().stream().filter(which).forEach(this::enqueue);
    }

    private void enqueue(VmKey key) {
        controller.addAfter(key, timings.settle());
    }

    private Controller.Result reconcile(VmKey key) {
        if (controller.isPausing(key)) {
            return Controller.Result.retry();
        }
        try {
            boolean attempted = hosts.all().stream()
                    .filter(h -> h.name().equals(key.host()))
                    .findFirst()
                    .filter(host -> reconcileHeld(key, host))
                    .isPresent();
            return attempted ? Controller.Result.retry() : Controller.Result.done();
        } catch (UnderstudyException e) {
            LOG.debug("{}: check failed, retrying: {}", key, e.getMessage());
            return Controller.Result.retry();
        }
    }

    private boolean reconcileHeld(VmKey key, Host host) {
        Subscription work = hosts.hold(host, "the repair of VM " + key.vm());
        try (work) {
            return reconcile(key, host);
        }
    }

    /** Returns whether to check again. */
    private boolean reconcile(VmKey key, Host host) {
        Optional<HostedVm> vm = host.find(key.vm()).filter(v -> v.state() == VmState.RUNNING);
        if (vm.isEmpty() || migrationLock.isMigrating(key.vm(), host)) {
            return false;
        }
        Optional<DomainView> live = host.liveDefinition(key.vm()).map(DomainView::of);
        boolean retry = false;
        for (PairView pair : DomainView.of(host.definition(key.vm())).pairs()) {
            if (pair.asked() && live.filter(l -> l.carries(pair)).isPresent()) {
                retry |= repair(key, new VmLocation(host, vm.get()), pair);
            }
        }
        return retry;
    }

    private boolean repair(VmKey key, VmLocation here, PairView pair) {
        PrimaryPresence presence = here.host().primaryPresence(key.vm(), pair.primary());
        if (presence == PrimaryPresence.ABSENT) {
            return attempt(key, pair, () -> plug(key, here, pair));
        }
        return presence == PrimaryPresence.ENABLED
                && health.isMisconfigured(key, pair.primary())
                && attempt(key, pair, () -> unplug(key, here, pair));
    }

    private void plug(VmKey key, VmLocation here, PairView pair) {
        vfs.callWithLeases(here, List.of(pair), assigned -> {
            // A migration may have started while the VF was set up.
            migrationLock.requireNoMigration(key.address());
            here.host().plugPrimary(key.vm(), pair.primary(), Optional.ofNullable(assigned.get(pair.primary())));
        });
        LOG.info("{}: primary {} was missing and is plugged again", key, pair.primary());
    }

    /** A VF cannot be set up while a guest uses it. Until the new plug the guest runs on its standby NIC. */
    private void unplug(VmKey key, VmLocation here, PairView pair) {
        vfs.forwardToStandby(here, pair.primary());
        here.host().unplugPrimary(key.vm(), pair.primary());
        LOG.warn("{}: VF of primary {} is misconfigured, unplugging it", key, pair.primary());
    }

    /** Returns whether to check again: the next check, not the call's return, proves the repair. */
    private boolean attempt(VmKey key, PairView pair, Runnable repair) {
        try {
            repair.run();
            return true;
        } catch (UnderstudyException e) {
            health.annotate(key, pair.primary(), "Repair failed: " + e.getMessage());
            if (waitsForVf(e)) {
                LOG.debug("{}: primary {} waits for a free VF: {}", key, pair.primary(), e.getMessage());
                return false;
            }
            LOG.warn("{}: repair of primary {} failed, retrying: {}", key, pair.primary(), e.getMessage());
            return true;
        }
    }

    /** Whether a retry is useless until the VFs of the host change. */
    private static boolean waitsForVf(UnderstudyException e) {
        return e.findings().stream()
                .map(Finding::code)
                .anyMatch(code -> code == FindingCode.POOL_EXHAUSTED || code == FindingCode.VF_NOT_FREE);
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        subscriptions.forEach(Subscription::close);
        controller.close();
    }
}

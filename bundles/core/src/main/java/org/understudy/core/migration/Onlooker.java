// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.StepState;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.domain.DomainView.PairView;

/**
 * Shows a migration that somebody else began, such as virsh or another server, as the steps it goes through. Changes
 * nothing, but for a cancel that an admin asks for.
 */
final class Onlooker implements Work {
    private static final Logger LOG = LoggerFactory.getLogger(Onlooker.class);

    private final Plan plan;
    private final Surroundings around;
    private final Picture picture;
    private final List<HostEvent> onSource = new CopyOnWriteArrayList<>();
    private final List<HostEvent> onDestination = new CopyOnWriteArrayList<>();
    private boolean abandoned;

    /** Skips what is not done here, before anybody can take the migration for one of this server's own. */
    Onlooker(Plan plan, Surroundings around, Picture picture) {
        this.plan = plan;
        this.around = around;
        this.picture = picture;
        picture.skip(MigrationStep.PREFLIGHT, "begun by somebody else");
        picture.skip(MigrationStep.LEASE, "begun by somebody else");
    }

    @Override
    public void run() {
        try {
            listenAndWatch();
        } catch (UnderstudyException e) {
            LOG.warn("Migration {} of VM {}: its hosts do not answer", plan.id(), plan.vm(), e);
            needsAttention("The hosts do not answer any more: " + e.getMessage() + ".");
        }
    }

    private void listenAndWatch() {
        Subscription source = listen(plan.source(), onSource);
        try (source) {
            Subscription destination = listen(plan.destination(), onDestination);
            try (destination) {
                picture.begin(MigrationStep.TO_STANDBY);
                watchSource();
            }
        }
    }

    private Subscription listen(Host host, List<HostEvent> events) {
        return host.subscribe(e -> {
            if (e.vm().equals(plan.vm())) {
                events.add(e);
            }
        });
    }

    /** A host that is away for a moment is asked again, as in a migration of our own. */
    private void watchSource() {
        Deadline patience = patience();
        while (!isAbandoned()) {
            try {
                if (hasEnded()) {
                    return;
                }
                patience = patience();
            } catch (UnderstudyException e) {
                if (e.code() != ErrorCode.HOST_UNAVAILABLE || patience.isOver()) {
                    throw e;
                }
            }
            pause();
        }
    }

    private Deadline patience() {
        return Deadline.in(around.time(), around.tempo().absence());
    }

    /** A VM may be moved, and arrive, while it is paused. */
    private boolean hasEnded() {
        Optional<MigrationProgress> now = plan.source().outgoing(plan.vm()).map(OutgoingMigration::progress);
        boolean over = now.map(p -> p.phase().isOver()).orElse(true);
        VmState here = state(plan.source());
        VmState there = state(plan.destination());
        if (there == VmState.RUNNING && here != VmState.RUNNING || there == VmState.PAUSED && here == VmState.SHUTOFF) {
            arrived();
            return true;
        } else if (over && (here == VmState.RUNNING || here == VmState.PAUSED && there == VmState.SHUTOFF)) {
            stayed(now);
            return true;
        } else if (over && here == VmState.SHUTOFF && there == VmState.SHUTOFF) {
            needsAttention("The VM runs on neither host.");
            return true;
        }
        now.ifPresent(this::show);
        return false;
    }

    private VmState state(Host host) {
        return host.find(plan.vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
    }

    private void show(MigrationProgress progress) {
        switch (progress.phase()) {
            case ACTIVE, POSTCOPY, PRE_SWITCHOVER -> {
                goOnTo(MigrationStep.COPY);
                if (progress.totalBytes() > 0) {
                    picture.progress((int) Math.max(0, 100 - 100 * progress.remainingBytes() / progress.totalBytes()));
                }
            }
            case DEVICE, COMPLETED -> goOnTo(MigrationStep.SWITCH);
            default -> {}
        }
    }

    private void goOnTo(MigrationStep step) {
        List<MigrationStep> way = List.of(MigrationStep.TO_STANDBY, MigrationStep.COPY, MigrationStep.SWITCH);
        for (MigrationStep before : way.subList(0, way.indexOf(step))) {
            if (picture.state(before) == StepState.PENDING) {
                picture.begin(before);
            }
            picture.done(before);
        }
        if (picture.state(step) == StepState.PENDING) {
            picture.begin(step);
        }
    }

    private void arrived() {
        picture.progress(100);
        goOnTo(MigrationStep.SWITCH);
        Optional<Instant> stopped = first(onSource, HostEvent.Paused.class);
        Optional<Instant> resumed = first(onDestination, HostEvent.Resumed.class);
        if (stopped.isPresent() && resumed.isPresent() && !resumed.get().isBefore(stopped.get())) {
            picture.downtime(Duration.between(stopped.get(), resumed.get()));
        }
        picture.done(MigrationStep.SWITCH);
        boolean back = toPrimary();
        picture.skip(MigrationStep.RELEASE, "whoever began the migration cleans up on the source");
        picture.outcome(back ? Outcome.COMPLETED : Outcome.COMPLETED_DEGRADED);
    }

    private static <E extends HostEvent> Optional<Instant> first(List<HostEvent> events, Class<E> kind) {
        return events.stream().filter(kind::isInstance).map(HostEvent::at).findFirst();
    }

    private boolean toPrimary() {
        picture.begin(MigrationStep.TO_PRIMARY);
        Host there = plan.destination();
        String configured = there.definition(plan.vm());
        List<PairView> pairs = around.definitions()
                .view(there.liveDefinition(plan.vm()).orElse(configured))
                .pairsWith(around.definitions().view(configured));
        Deadline end = Deadline.in(around.time(), plan.deadlines().plug());
        while (!pairs.stream().allMatch(this::isEnabled)) {
            if (end.isOver() || isAbandoned()) {
                picture.end(MigrationStep.TO_PRIMARY, StepState.FAILED);
                return false;
            }
            pause();
        }
        picture.primaries(pairs.stream().map(PairView::kind).toList());
        picture.done(MigrationStep.TO_PRIMARY);
        return true;
    }

    private boolean isEnabled(PairView pair) {
        PrimaryPresence presence = plan.destination().primaryPresence(plan.vm(), pair.primary());
        picture.fact(MigrationStep.TO_PRIMARY, pair.primary().value(), presence);
        return presence == PrimaryPresence.ENABLED;
    }

    private void stayed(Optional<MigrationProgress> last) {
        boolean cancelled =
                last.filter(p -> p.phase() == MigrationPhase.CANCELLED).isPresent()
                        || onSource.stream()
                                .anyMatch(e -> e instanceof HostEvent.MigrationChanged m
                                        && m.phase() == MigrationPhase.CANCELLED);
        for (MigrationStep step : MigrationStep.values()) {
            if (picture.state(step) == StepState.RUNNING) {
                picture.end(step, StepState.FAILED);
            }
        }
        picture.outcome(cancelled ? Outcome.CANCELLED : Outcome.FAILED_ON_SOURCE);
    }

    private void needsAttention(String why) {
        picture.endBy(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                plan.subject(),
                why,
                "Look where the VM is; somebody else migrated it."));
    }

    private synchronized boolean isAbandoned() {
        return abandoned;
    }

    private synchronized void pause() {
        try {
            if (!abandoned) {
                around.time().await(this, around.tempo().poll().toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abandoned = true;
        }
    }

    @Override
    public void cancel() {
        plan.source().outgoing(plan.vm()).ifPresent(OutgoingMigration::cancel);
    }

    @Override
    public synchronized void abandon() {
        abandoned = true;
        notifyAll();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.observe;

import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.understudy.concurrent.Deadline;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.CopyWatch;
import org.understudy.core.migration.context.Downtime;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.migration.context.Task;
import org.understudy.core.migration.context.TimeBetween;
import org.understudy.core.migration.context.VmEvents;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * Shows a migration that another program started, such as virsh or another server, as the same steps. Changes nothing,
 * except that it passes on a cancel.
 */
public final class ExternalMigrationObserver implements Task {
    private static final Logger LOG = LoggerFactory.getLogger(ExternalMigrationObserver.class);

    private final MigrationRequest request;
    private final MigrationServices services;
    private final MigrationStatusBuilder status;
    private final VmEvents onSource;
    private final VmEvents onDestination;
    private final CopyWatch watch;
    private boolean abandoned;

    /** Skips the steps that this server does not run, before a listener can mistake the migration for one of this server. */
    public ExternalMigrationObserver(
            MigrationRequest request, MigrationServices services, MigrationStatusBuilder status) {
        this.request = request;
        this.services = services;
        this.status = status;
        this.onSource = new VmEvents(services.scheduler());
        this.onDestination = new VmEvents(services.scheduler());
        this.watch = new CopyWatch(request, services, status, onSource, false);
        status.skip(MigrationStep.PREFLIGHT, "started by another program");
        status.skip(MigrationStep.LEASE, "started by another program");
    }

    @Override
    public void run() {
        try {
            observe();
        } catch (UnderstudyException e) {
            LOG.warn("Migration {} of VM {}: hosts do not answer, observation ends", request.id(), request.vm(), e);
            needsAttention("The hosts of VM " + request.vm() + " do not answer: " + e.getMessage());
        }
    }

    private void observe() {
        Subscription source = listen(request.source(), onSource);
        try (source) {
            Subscription destination = listen(request.destination(), onDestination);
            try (destination) {
                status.begin(MigrationStep.TO_STANDBY);
                watchSource();
            }
        }
    }

    private Subscription listen(Host host, VmEvents events) {
        return host.subscribe(e -> {
            if (e.vm().equals(request.vm())) {
                events.add(e);
            }
        });
    }

    /** A host that does not answer is polled again up to the limit, as in a migration of this server. */
    private void watchSource() {
        Deadline limit = absenceLimit();
        while (!isAbandoned()) {
            try {
                if (hasEnded()) {
                    return;
                }
                limit = absenceLimit();
            } catch (UnderstudyException e) {
                if (e.code() != ErrorCode.HOST_UNAVAILABLE || limit.isOver()) {
                    throw e;
                }
            }
            awaitPoll();
        }
    }

    private Deadline absenceLimit() {
        return Deadline.in(services.scheduler(), services.timings().absence());
    }

    /** A VM may also be migrated, and arrive, while it is paused. */
    private boolean hasEnded() {
        int pass = watch.pass();
        Optional<MigrationProgress> now =
                request.source().outgoing(request.vm()).map(OutgoingMigration::progress);
        boolean over = now.map(p -> p.phase().isOver()).orElse(true);
        VmState sourceState = state(request.source());
        VmState destinationState = state(request.destination());
        if (destinationState == VmState.RUNNING && sourceState != VmState.RUNNING
                || destinationState == VmState.PAUSED && sourceState == VmState.SHUTOFF) {
            endOnDestination();
            return true;
        } else if (over
                && (sourceState == VmState.RUNNING
                        || sourceState == VmState.PAUSED && destinationState == VmState.SHUTOFF)) {
            endOnSource(now);
            return true;
        } else if (over && sourceState == VmState.SHUTOFF && destinationState == VmState.SHUTOFF) {
            needsAttention("VM " + request.vm() + " runs on neither host after its migration");
            return true;
        }
        now.ifPresent(progress -> show(pass, progress));
        return false;
    }

    private VmState state(Host host) {
        return host.find(request.vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
    }

    private void show(int pass, MigrationProgress progress) {
        switch (progress.phase()) {
            case ACTIVE, POSTCOPY, PRE_SWITCHOVER -> {
                advanceTo(MigrationStep.COPY);
                watch.sample(pass, progress);
                if (progress.totalBytes() > 0) {
                    status.progress((int) Math.max(0, 100 - 100 * progress.remainingBytes() / progress.totalBytes()));
                }
            }
            case DEVICE, COMPLETED -> advanceTo(MigrationStep.SWITCH);
            default -> {}
        }
    }

    private void advanceTo(MigrationStep step) {
        List<MigrationStep> order = List.of(MigrationStep.TO_STANDBY, MigrationStep.COPY, MigrationStep.SWITCH);
        for (MigrationStep before : order.subList(0, order.indexOf(step))) {
            if (status.state(before) == StepState.PENDING) {
                status.begin(before);
            }
            status.done(before);
        }
        if (status.state(step) == StepState.PENDING) {
            status.begin(step);
        }
    }

    private void endOnDestination() {
        watch.close();
        status.progress(100);
        advanceTo(MigrationStep.SWITCH);
        TimeBetween downtime = Downtime.measure(onSource, onDestination, status.since(MigrationStep.TO_STANDBY));
        downtime.measured().ifPresent(status::downtime);
        status.fact(MigrationStep.SWITCH, "downtimeFrom", downtime.evidence());
        status.done(MigrationStep.SWITCH);
        boolean enabled = awaitPrimaries();
        status.skip(MigrationStep.RELEASE, "the program that started the migration cleans up on the source");
        status.outcome(enabled ? Outcome.COMPLETED : Outcome.COMPLETED_DEGRADED);
    }

    private boolean awaitPrimaries() {
        status.begin(MigrationStep.TO_PRIMARY);
        Host destination = request.destination();
        String configured = destination.definition(request.vm());
        String live = destination.liveDefinition(request.vm()).orElse(configured);
        List<PairView> pairs = services.definitions()
                .view(live)
                .pairsWith(services.definitions().view(configured));
        VmSnapshot snapshot = new VmSnapshot(live, configured, pairs, Map.of());
        Deadline end =
                Deadline.in(services.scheduler(), snapshot.deadlines(request).plug());
        while (!pairs.stream().allMatch(this::isEnabled)) {
            if (end.isOver() || isAbandoned()) {
                status.end(MigrationStep.TO_PRIMARY, StepState.FAILED);
                status.reason(List.of(notEnabled()));
                return false;
            }
            awaitPoll();
        }
        status.primaries(pairs.stream().map(PairView::kind).toList());
        status.done(MigrationStep.TO_PRIMARY);
        return true;
    }

    private boolean isEnabled(PairView pair) {
        PrimaryPresence presence = request.destination().primaryPresence(request.vm(), pair.primary());
        status.fact(MigrationStep.TO_PRIMARY, pair.primary().value(), presence);
        return presence == PrimaryPresence.ENABLED;
    }

    private void endOnSource(Optional<MigrationProgress> last) {
        watch.close();
        boolean cancelled = last.filter(p -> p.phase() == MigrationPhase.CANCELLED)
                        .isPresent()
                || onSource.of(HostEvent.MigrationChanged.class).anyMatch(m -> m.phase() == MigrationPhase.CANCELLED);
        for (MigrationStep step : MigrationStep.values()) {
            if (status.state(step) == StepState.RUNNING) {
                status.end(step, StepState.FAILED);
            }
        }
        if (!cancelled) {
            status.reason(List.of(failed(last.map(MigrationProgress::error).orElse(""))));
        }
        status.outcome(cancelled ? Outcome.CANCELLED : Outcome.FAILED_ON_SOURCE);
    }

    private Finding notEnabled() {
        return Finding.of(
                FindingCode.PRIMARY_NOT_RETURNED,
                request.subject(),
                "The guest has not enabled all primaries on host "
                        + request.destination().name() + " and uses its standby NICs",
                "Check that the guest has a driver for the primary, and read the QEMU log of the VM on the destination.");
    }

    private Finding failed(String error) {
        return Finding.of(
                FindingCode.MIGRATION_FAILED,
                request.subject(),
                "Migration by another program failed: " + (error.isEmpty() ? "QEMU gave no reason" : error),
                "Read the log of the program that started the migration, and the QEMU logs of the VM on both hosts.");
    }

    private void needsAttention(String why) {
        status.endNeedingAttention(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                request.subject(),
                why,
                "Find the host of the VM with \"understudy:vm-show " + request.vm()
                        + "\" before you start it; another program migrated it."));
    }

    private synchronized boolean isAbandoned() {
        return abandoned;
    }

    private synchronized void awaitPoll() {
        try {
            if (!abandoned) {
                services.scheduler().await(this, services.timings().poll().toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abandoned = true;
        }
    }

    @Override
    public void cancel() {
        request.source().outgoing(request.vm()).ifPresent(OutgoingMigration::cancel);
    }

    @Override
    public synchronized void abandon() {
        abandoned = true;
        notifyAll();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.StepState;
import org.understudy.api.UnderstudyException;
import org.understudy.core.probe.GapProbe;

/** How a run, or its recovery, comes to its outcome. */
final class Ending {
    private static final Logger LOG = LoggerFactory.getLogger(Ending.class);

    private final Voyage v;

    Ending(Voyage voyage) {
        this.v = voyage;
    }

    /** All steps are done: the VM runs on the destination. */
    void arrived() {
        if (!v.cargo().pairs().isEmpty()) {
            v.around().guard().plugged(v.plan().destination().name(), v.plan().vm());
        }
        Optional<Finding> silence = v.probe().flatMap(this::silence);
        silence.ifPresent(finding -> v.picture().add(List.of(finding)));
        if (silence.isPresent()) {
            end(Outcome.NEEDS_ATTENTION);
        } else if (!v.isDegraded()) {
            end(Outcome.COMPLETED);
        } else {
            end(v.plan().requireVf() ? Outcome.NEEDS_ATTENTION : Outcome.COMPLETED_DEGRADED);
        }
    }

    /** That QEMU runs does not prove that the guest does, or that its frames find their way. */
    private Optional<Finding> silence(GapProbe probe) {
        if (!(probe.report() instanceof NetworkGap.Measured before)) {
            return Optional.empty();
        }
        v.trail().ignoreCancel();
        Duration rare = before.interval().multipliedBy(3);
        Duration patience = Collections.max(List.of(v.around().tempo().word(), rare));
        boolean heard = v.trail()
                .poll(
                        patience,
                        () -> probe.report() instanceof NetworkGap.Measured now && now.received() > before.received()
                                ? Optional.of(now)
                                : Optional.empty())
                .isPresent();
        String host = v.plan().destination().name().toString();
        return heard
                ? Optional.empty()
                : Optional.of(Finding.of(
                        FindingCode.VM_SILENT,
                        v.plan().subject(),
                        "Nothing has been heard of the VM for %d s since it arrived on host %s (%s)."
                                .formatted(patience.toSeconds(), host, before.method()),
                        "Look at its console on " + host
                                + "; if the guest runs, check its VLAN and the forwarding entries of the"
                                + " network between."));
    }

    /** A step could not be done for a reason that no step thought of. */
    void failed(MigrationStep at, Throwable e) {
        ErrorCode code = e instanceof UnderstudyException known ? known.code() : ErrorCode.INTERNAL;
        if (code == ErrorCode.INTERNAL) {
            LOG.error(
                    "Migration {} of VM {}: unhandled exception in step {}",
                    v.plan().id(),
                    v.plan().vm(),
                    at,
                    e);
        } else {
            LOG.warn(
                    "Migration {} of VM {}: step {} failed",
                    v.plan().id(),
                    v.plan().vm(),
                    at,
                    e);
        }
        stopped(
                at,
                StepStopped.failed(
                        code == ErrorCode.HOST_UNAVAILABLE
                                ? FindingCode.HOST_UNAVAILABLE
                                : FindingCode.MIGRATION_FAILED,
                        v.plan().subject() + ", step " + at.number(),
                        code + ": " + (code == ErrorCode.INTERNAL ? e.toString() : e.getMessage()),
                        code.remedy()));
    }

    /** A step has stopped: goes back where there is a way back. */
    void stopped(MigrationStep at, StepStopped stop) {
        if (stop.reason() == StepStopped.Reason.ABANDONED) {
            leave();
            return;
        }
        try {
            v.trail().requireNotAbandoned();
            v.trail().ignoreCancel();
            boolean cancelled = stop.reason() == StepStopped.Reason.CANCELLED;
            v.picture().add(stop.findings());
            v.picture().fact(at, cancelled ? "cancelled" : "failed", cancelled ? "by request" : stop.getMessage());
            v.picture().end(at, StepState.FAILED);
            end(back(stop));
        } catch (StepStopped abandoned) {
            leave();
        }
    }

    private void leave() {
        LOG.info(
                "Migration {} of VM {} is left to the next start",
                v.plan().id(),
                v.plan().vm());
    }

    /** Once the guest runs on the destination there is no way back: what is wrong there is for a person. */
    private Outcome back(StepStopped stop) {
        if (stop.reason() == StepStopped.Reason.UNCLEAR || v.resumed().isPresent()) {
            return Outcome.NEEDS_ATTENTION;
        }
        if (!v.undo().isEmpty()) {
            journalWayBack();
        }
        List<Finding> failures =
                v.undo().run(v.picture(), v.trail(), v.around().tempo().absence());
        v.picture().add(failures);
        if (stop.reason() == StepStopped.Reason.GUEST_LOST || !failures.isEmpty()) {
            return Outcome.NEEDS_ATTENTION;
        }
        markUndone();
        return stop.reason() == StepStopped.Reason.CANCELLED ? Outcome.CANCELLED : Outcome.FAILED_ON_SOURCE;
    }

    /** A full disk must not keep a guest from being taken back. */
    private void journalWayBack() {
        try {
            v.journal(Journal.Stage.GOING_BACK);
        } catch (RuntimeException e) {
            LOG.error(
                    "Migration {}: rollback started, but the journal could not be written",
                    v.plan().id(),
                    e);
        }
    }

    private void markUndone() {
        for (MigrationStep step : MigrationStep.values()) {
            if (step != MigrationStep.PREFLIGHT && v.picture().state(step) == StepState.DONE) {
                v.picture().end(step, StepState.UNDONE);
            }
        }
    }

    private void end(Outcome outcome) {
        v.trail().ignoreCancel();
        v.probe().ifPresent(probe -> {
            v.trail().poll(v.around().tempo().tail(), Optional::empty);
            probe.close();
            v.picture().networkGap(probe.report());
        });
        v.trail().close();
        v.picture().outcome(outcome);
        LOG.info("Migration {} of VM {} ended: {}", v.plan().id(), v.plan().vm(), outcome);
    }
}

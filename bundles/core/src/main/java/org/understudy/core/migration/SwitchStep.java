// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;

/**
 * Step 5: the rest is sent and the guest goes on, on the destination. The point of no return lies between the last
 * word of the source and {@code accept}.
 */
final class SwitchStep implements Step {
    @Override
    public MigrationStep step() {
        return MigrationStep.SWITCH;
    }

    @Override
    public void run(Voyage v) {
        if (v.sending().outgoing().switchesByItself()) {
            v.trail().passPointOfNoReturn();
        }
        v.sending().outgoing().continueToSwitch();
        if (v.sending().outgoing().switchesByItself()) {
            awaitResume(v);
        }
        v.trail()
                .await(
                        step(),
                        "both QEMUs to complete",
                        v.plan().deadlines().switchover(),
                        () -> complete(v) ? Optional.of(true) : Optional.empty());
        v.trail().passPointOfNoReturn();
        v.journal(Journal.Stage.COMMITTED);
        accept(v);
        measureDowntime(v);
    }

    /**
     * The guest stands still, and each question to its hosts keeps it waiting: where nothing but time will help, their
     * events are waited for first.
     */
    private static void awaitResume(Voyage v) {
        v.trail()
                .poll(
                        v.around().tempo().grace(),
                        () -> v.trail()
                                .onDestination(HostEvent.Resumed.class)
                                .map(at -> true)
                                .or(() -> v.trail().sourceStopped().map(why -> true))
                                .or(() -> v.trail().destinationStopped().map(why -> true)));
    }

    /** A destination that could not load what it got, or died, will not do so later. */
    private boolean complete(Voyage v) {
        MigrationPhase incoming = v.incoming().phase();
        if (incoming == MigrationPhase.FAILED) {
            throw StepStopped.failed(Finding.of(
                    FindingCode.MIGRATION_FAILED,
                    v.plan().on(v.plan().destination().name()),
                    "The destination's QEMU could not load the VM, or ended.",
                    "Read the VM's log on the destination."));
        }
        return sourceHasSentAll(v) && incoming == MigrationPhase.COMPLETED;
    }

    /**
     * A source whose QEMU is proven gone cannot run the guest again. If the destination has everything by then, it may
     * go on: QEMU gives up its disks before it sends the last byte. Source: QEMU {@code migration/savevm.c},
     * {@code bdrv_inactivate_all} before {@code QEMU_VM_EOF}.
     */
    private boolean sourceHasSentAll(Voyage v) {
        if (v.trail().sourceStopped().isPresent() && v.incoming().phase() == MigrationPhase.COMPLETED) {
            v.picture().fact(step(), "source", "its QEMU ended after the last byte was sent");
            return true;
        }
        return askSource(v).phase() == MigrationPhase.COMPLETED;
    }

    private static MigrationProgress askSource(Voyage v) {
        try {
            return v.sending().askAndRequireAlive();
        } catch (UnderstudyException e) {
            if (v.trail().sourceStopped().isEmpty() && v.incoming().phase() == MigrationPhase.COMPLETED) {
                throw StepStopped.unclear(lostTheSource(v, e));
            }
            throw e;
        }
    }

    private static Finding lostTheSource(Voyage v, UnderstudyException why) {
        return Finding.of(
                FindingCode.STATE_INCONSISTENT,
                v.plan().subject(),
                "The destination has received the whole VM, but the source does not answer (" + why.getMessage()
                        + "), so it may run the VM itself.",
                "Make sure that the VM is stopped on host " + v.plan().source().name() + ", then resume it on host "
                        + v.plan().destination().name() + ".");
    }

    private void accept(Voyage v) {
        try {
            Call.within(
                    v.trail(),
                    step(),
                    "the destination to take the VM over",
                    v.plan().deadlines().switchover(),
                    v.incoming()::accept);
        } catch (UnderstudyException e) {
            if (!runsOnDestination(v, e)) {
                throw acceptFailed(v, e);
            }
            v.picture().fact(step(), "accept", "the guest runs there, though the call failed: " + e.getMessage());
        } catch (StepStopped e) {
            if (e.reason() == StepStopped.Reason.ABANDONED) {
                throw e;
            }
            throw StepStopped.unclear(e.findings().get(0));
        }
        v.resumed(v.around().time().instant());
    }

    /**
     * A host that answered "no" has not started the guest, so it may go on where it was; a host that did not answer
     * may have. Where the source is gone, the receiving QEMU has the only copy of the guest and is kept.
     */
    private static StepStopped acceptFailed(Voyage v, UnderstudyException e) {
        boolean canGoBack = v.trail().sourceStopped().isEmpty()
                && e.code() != ErrorCode.QMP_DISCONNECTED
                && e.code() != ErrorCode.HOST_UNAVAILABLE
                && e.code() != ErrorCode.DEADLINE_EXCEEDED
                && e.code() != ErrorCode.INTERNAL;
        Finding finding = Finding.of(
                FindingCode.MIGRATION_FAILED,
                v.plan().on(v.plan().destination().name()),
                "The destination did not take the VM over: " + e.getMessage() + ".",
                canGoBack
                        ? "Read the VM's log on the destination."
                        : "Find out whether the VM runs there, before you start it anywhere.");
        return canGoBack ? StepStopped.failed(finding) : StepStopped.unclear(finding);
    }

    /**
     * Not knowing is not no.
     *
     * @param refused what the destination answered when it was to take the VM over
     */
    private static boolean runsOnDestination(Voyage v, UnderstudyException refused) {
        if (v.trail().onDestination(HostEvent.Resumed.class).isPresent()) {
            return true;
        }
        try {
            return v.plan()
                    .destination()
                    .find(v.plan().vm())
                    .map(HostedVm::state)
                    .equals(Optional.of(VmState.RUNNING));
        } catch (UnderstudyException e) {
            throw StepStopped.unclear(Finding.of(
                    FindingCode.STATE_INCONSISTENT,
                    v.plan().on(v.plan().destination().name()),
                    "The destination did not take the VM over (" + refused.getMessage()
                            + "), and it is unknown whether it runs there: " + e.getMessage() + ".",
                    "Check on host " + v.plan().destination().name()
                            + " whether the VM runs, before you start it anywhere."));
        }
    }

    private void measureDowntime(Voyage v) {
        Duration grace = v.around().tempo().grace();
        Optional<Instant> resumed = v.trail().poll(grace, () -> v.trail().onDestination(HostEvent.Resumed.class));
        resumed.ifPresent(v::resumed);
        Optional<Instant> paused = v.trail().poll(grace, () -> v.trail().onSource(HostEvent.Paused.class));
        if (paused.isPresent() && resumed.isPresent() && !resumed.get().isBefore(paused.get())) {
            v.picture().downtime(Duration.between(paused.get(), resumed.get()));
            v.picture().fact(step(), "downtimeFrom", "events: stop on the source, resume on the destination");
            return;
        }
        reported(v).ifPresent(downtime -> {
            v.picture().downtime(downtime);
            v.picture().fact(step(), "downtimeFrom", "the source's QEMU");
        });
    }

    private static Optional<Duration> reported(Voyage v) {
        Optional<Duration> told =
                v.trail().lastOnSource(HostEvent.MigrationMeasured.class).map(HostEvent.MigrationMeasured::downtime);
        if (told.isPresent()) {
            return told;
        }
        try {
            return v.sending().ask().downtime();
        } catch (UnderstudyException e) {
            v.picture().fact(MigrationStep.SWITCH, "downtimeFrom", "unknown: " + e.getMessage());
            return Optional.empty();
        }
    }
}

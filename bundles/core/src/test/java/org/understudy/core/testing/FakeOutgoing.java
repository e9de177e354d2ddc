// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import java.time.Duration;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationId;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.testing.FakeHost.FakeVm;
import org.understudy.core.testing.FakeHost.Fault;

/** The outgoing migration of a fake host: each poll advances the phase, unless a fault prevents it. */
public final class FakeOutgoing implements OutgoingMigration {
    private static final long TOTAL = 1 << 20;
    private static final int ASKED_WHILE_AWAY = 5;

    private final MigrationId id;
    private final FakeVm vm;
    private final FakeHost host;
    private final Optional<FakeIncoming> receiver;
    private MigrationPhase phase = MigrationPhase.NONE;
    private boolean released;
    private boolean unreachable;
    private int away;
    private long left = TOTAL;
    private int pass = 1;

    FakeOutgoing(MigrationId id, FakeVm vm, Optional<FakeIncoming> receiver) {
        this.id = id;
        this.vm = vm;
        this.host = vm.host();
        this.receiver = receiver;
    }

    synchronized void begin() {
        to(MigrationPhase.SETUP);
        receiver.ifPresent(FakeIncoming::appear);
        receiver.ifPresent(r -> r.phase(MigrationPhase.ACTIVE));
        vm.plugged().forEach(p -> host.emit(new HostEvent.UnplugRequested(vm.name(), host.now(), p)));
    }

    synchronized boolean isSending() {
        return !phase.isOver();
    }

    /** A host that switches by itself does not record it. */
    @Override
    public Optional<MigrationId> migration() {
        return Optional.of(id).filter(known -> !switchesByItself());
    }

    @Override
    public synchronized MigrationProgress progress() {
        boolean leaves = phase == MigrationPhase.ACTIVE && host.has(Fault.AWAY_IN_COPY);
        if (unreachable || leaves && away++ < ASKED_WHILE_AWAY) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "the host does not answer");
        }
        if (vm.state() == VmState.SHUTOFF && phase != MigrationPhase.COMPLETED) {
            throw new UnderstudyException(ErrorCode.QMP_DISCONNECTED, "the monitor closed");
        }
        MigrationPhase answer = phase;
        if (phase == MigrationPhase.ACTIVE) {
            copy();
        }
        advance();
        boolean over = answer == MigrationPhase.COMPLETED;
        return new MigrationProgress(
                answer,
                TOTAL,
                over ? 0 : left,
                over ? Optional.of(Duration.ofMillis(7)) : Optional.empty(),
                answer == MigrationPhase.FAILED ? "Unable to write to socket: Connection reset by peer" : "");
    }

    private void copy() {
        if (host.has(Fault.REWRITES_MEMORY)) {
            left -= TOTAL / 8;
            if (left <= 0) {
                left = TOTAL / 2;
                pass++;
                host.emit(new HostEvent.MemoryPass(vm.name(), host.now(), pass));
            }
        } else if (host.has(Fault.COPIES_SLOWLY)) {
            left = Math.max(1, left - 1);
        } else {
            left = TOTAL / 2;
        }
    }

    private void advance() {
        switch (phase) {
            case SETUP -> fromSetup();
            case WAIT_UNPLUG -> fromWaitUnplug();
            case ACTIVE -> fromActive();
            case CANCELLING -> fromCancelling();
            default -> {}
        }
    }

    private void fromSetup() {
        if (host.has(Fault.STUCK_IN_SETUP)) {
            return;
        }
        boolean waits =
                !vm.plugged().isEmpty() && !host.has(Fault.NO_WAIT_UNPLUG) || host.has(Fault.WAITS_FOR_UNKNOWN_PRIMARY);
        to(waits ? MigrationPhase.WAIT_UNPLUG : MigrationPhase.ACTIVE);
    }

    private void fromWaitUnplug() {
        if (!host.has(Fault.NEVER_EJECTS)) {
            released = true;
            vm.plugged().forEach(p -> vm.primary(p, PrimaryPresence.PLUGGED));
            to(MigrationPhase.ACTIVE);
        }
    }

    private void fromActive() {
        if (receiver.filter(r -> r.vm().host().has(Fault.RECEIVER_DIES)).isPresent()) {
            receiver.get().die();
            fail();
        } else if (host.has(Fault.COPY_FAILS)) {
            fail();
        } else if (host.has(Fault.DIES_IN_COPY)) {
            vm.stop("QEMU exited with 137");
        } else if (copies()) {
            return;
        } else if (host.has(Fault.SWITCHES_BY_ITSELF)) {
            arrive();
        } else {
            vm.pause();
            to(MigrationPhase.PRE_SWITCHOVER);
        }
    }

    private boolean copies() {
        return host.has(Fault.STUCK_IN_COPY) || host.has(Fault.REWRITES_MEMORY) || host.has(Fault.COPIES_SLOWLY);
    }

    private void fromCancelling() {
        if (!host.has(Fault.CANCEL_HANGS)) {
            to(MigrationPhase.CANCELLED);
            replug();
            runAgain();
        }
    }

    private void fail() {
        to(MigrationPhase.FAILED);
        replug();
        runAgain();
    }

    private void runAgain() {
        if (vm.state() == VmState.PAUSED) {
            vm.resume();
        }
    }

    private void replug() {
        if (released) {
            for (Alias primary : vm.plugged()) {
                vm.primary(primary, host.has(Fault.NO_REPLUG) ? PrimaryPresence.ABSENT : PrimaryPresence.ENABLED);
            }
        }
    }

    private void to(MigrationPhase next) {
        phase = next;
        vm.phase(next);
    }

    @Override
    public boolean switchesByItself() {
        return host.has(Fault.SWITCHES_BY_ITSELF);
    }

    private void arrive() {
        vm.pause();
        receiver.ifPresent(r -> {
            receive(r);
            r.arrive();
        });
        to(MigrationPhase.COMPLETED);
        host.remove(vm.name());
    }

    @Override
    public synchronized void continueToSwitch() {
        if (switchesByItself()) {
            return;
        }
        if (phase != MigrationPhase.PRE_SWITCHOVER) {
            throw new UnderstudyException(ErrorCode.WRONG_VM_STATE, "not in pre-switchover but in " + phase);
        }
        if (host.has(Fault.AWAY_IN_SWITCH)) {
            unreachable = true;
            host.with(Fault.AWAY);
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, FakeHost.AWAY_REASON);
        }
        to(MigrationPhase.DEVICE);
        if (host.has(Fault.STUCK_IN_SWITCH)) {
            return;
        }
        receiver.ifPresent(r -> receive(r));
        if (host.has(Fault.DIES_AFTER_LAST_BYTE)) {
            vm.stop("QEMU exited with 137");
        } else if (host.has(Fault.SILENT_AFTER_LAST_BYTE)) {
            unreachable = true;
        } else {
            to(MigrationPhase.COMPLETED);
        }
    }

    private void receive(FakeIncoming r) {
        boolean missing =
                r.vm().host().has(Fault.PRIMARY_MISSING) || r.vm().host().has(Fault.PRIMARY_LATE);
        vm.primaries()
                .forEach((alias, presence) -> r.vm().primary(
                                alias,
                                missing
                                        ? PrimaryPresence.ABSENT
                                        : presence == PrimaryPresence.HIDDEN ? presence : PrimaryPresence.ENABLED));
        r.phase(MigrationPhase.COMPLETED);
    }

    @Override
    public synchronized void cancel() {
        host.called("cancel " + vm.name());
        if (phase == MigrationPhase.COMPLETED || phase == MigrationPhase.FAILED || phase == MigrationPhase.CANCELLED) {
            return;
        }
        if (host.has(Fault.ARRIVES_DESPITE_CANCEL)) {
            arrive();
            return;
        }
        to(MigrationPhase.CANCELLING);
    }

    @Override
    public synchronized void resumeOnSource() {
        host.called("resume " + vm.name());
        vm.resume();
    }

    @Override
    public void finish() {
        host.hangWhile(Fault.FINISH_HANGS);
        if (host.has(Fault.FINISH_FAILS)) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "the host does not answer");
        }
        host.called("finish " + vm.name());
        host.remove(vm.name());
    }
}

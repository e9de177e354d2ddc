// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.core.testing.FakeHost.FakeVm;
import org.understudy.core.testing.FakeHost.Fault;

/** The incoming migration of a fake host. */
public final class FakeIncoming implements IncomingMigration {
    private static final Map<String, FakeIncoming> BY_URI = new ConcurrentHashMap<>();
    private static final AtomicInteger PORTS = new AtomicInteger(49152);

    private final String uri = "tcp:127.0.0.1:" + PORTS.getAndIncrement();
    private final FakeVm vm;
    private volatile MigrationPhase phase = MigrationPhase.NONE;
    private volatile boolean accepted;

    FakeIncoming(FakeVm vm) {
        this.vm = vm;
        BY_URI.put(uri, this);
    }

    static Optional<FakeIncoming> at(String uri) {
        return Optional.ofNullable(BY_URI.get(uri));
    }

    FakeVm vm() {
        return vm;
    }

    void phase(MigrationPhase next) {
        phase = next;
        vm.phase(next);
    }

    /** The receiving QEMU exits. */
    public void die() {
        vm.host().remove(vm.name());
        phase = MigrationPhase.FAILED;
        vm.host().emit(new HostEvent.Stopped(vm.name(), vm.host().now(), "QEMU exited with 1"));
    }

    @Override
    public String uri() {
        return uri;
    }

    @Override
    public MigrationPhase phase() {
        if (phase == MigrationPhase.COMPLETED) {
            vm.host().load();
        }
        return phase;
    }

    /** The source's manager starts the receiving QEMU. */
    void appear() {
        if (vm.host().has(Fault.PREPARED_BY_SOURCE)) {
            vm.host().put(vm);
        }
    }

    /** The source's manager resumes the guest here. */
    void arrive() {
        accepted = true;
        vm.resume();
    }

    @Override
    public void accept() {
        if (accepted) {
            return;
        }
        vm.host().hangWhile(Fault.ACCEPT_HANGS);
        if (vm.host().has(Fault.AWAY_ONCE_REFUSED)) {
            vm.host().with(Fault.AWAY);
        }
        if (vm.host().has(Fault.ACCEPT_REFUSED) || vm.host().has(Fault.AWAY_ONCE_REFUSED)) {
            throw new UnderstudyException(ErrorCode.QMP_ERROR, "cont was refused");
        }
        if (vm.host().has(Fault.ACCEPT_UNANSWERED)) {
            throw new UnderstudyException(ErrorCode.QMP_DISCONNECTED, "the monitor closed");
        }
        vm.host().called("accept " + vm.name());
        accepted = true;
        vm.resume();
    }

    @Override
    public void abort() {
        if (accepted) {
            throw new UnderstudyException(ErrorCode.WRONG_VM_STATE, "the VM runs here");
        }
        if (vm.host().has(Fault.ABORT_FAILS)) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "the host does not answer");
        }
        boolean there = vm.host().has(Fault.PREPARED_BY_SOURCE)
                ? vm.host()
                        .find(vm.name())
                        .filter(any -> any.state() == VmState.INCOMING)
                        .isPresent()
                : vm.state() == VmState.INCOMING;
        if (there) {
            vm.host().called("abort " + vm.name());
            vm.host().remove(vm.name());
            vm.state(VmState.SHUTOFF);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.libvirt.Domain;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.libvirt.domain.Domains;

/**
 * The receiving end. The source's libvirt prepares it, lets the guest run here, and ends it if that fails; here it is
 * only watched.
 */
final class LibvirtIncomingMigration implements IncomingMigration {
    /** How long the source's libvirt may take to end what it had prepared here, and a host may be away. */
    private static final Duration OWN_END = Duration.ofSeconds(20);

    private final VmName vm;
    private final Domains domains;
    private final PeerAddress address;

    LibvirtIncomingMigration(VmName vm, Domains domains, PeerAddress address) {
        this.vm = vm;
        this.domains = domains;
        this.address = address;
    }

    @Override
    public String uri() {
        return address.toString();
    }

    private Optional<VmState> state() {
        return domains.find(vm).map(HostedVm::state).filter(s -> s != VmState.SHUTOFF);
    }

    @Override
    public MigrationPhase phase() {
        return state().map(s -> switch (s) {
                    case INCOMING -> MigrationPhase.ACTIVE;
                    case RUNNING, PAUSED -> MigrationPhase.COMPLETED;
                    default -> MigrationPhase.OTHER;
                })
                .orElse(MigrationPhase.NONE);
    }

    @Override
    public void accept() {
        if (phase() != MigrationPhase.COMPLETED) {
            throw new UnderstudyException(ErrorCode.WRONG_VM_STATE, "VM " + vm + " has not arrived yet");
        }
    }

    /** A host that is away, as while its libvirt restarts, is asked again: what is not proven gone may still run. */
    @Override
    public void abort() {
        long end = System.nanoTime() + OWN_END.toNanos();
        while (mayStillEnd(end)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
        Optional<VmState> state = state();
        if (state.equals(Optional.of(VmState.INCOMING))) {
            domains.notifyListeners("end the receiving QEMU of", vm, Domain::destroy);
        } else if (state.isPresent()) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE, "VM " + vm + " has arrived; it can't be aborted any more");
        }
    }

    private boolean mayStillEnd(long end) {
        if (System.nanoTime() - end > 0) {
            return false;
        }
        try {
            return state().equals(Optional.of(VmState.INCOMING));
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE) {
                return true;
            }
            throw e;
        }
    }
}

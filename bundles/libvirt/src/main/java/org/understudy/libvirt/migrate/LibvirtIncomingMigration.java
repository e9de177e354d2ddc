// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationId;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.libvirt.domain.Domains;

/**
 * The destination side. The source's libvirt prepares it, starts the vCPUs here and destroys it on failure; this class only
 * observes it. A domain of the same name with another mark belongs to another migration, and is not seen.
 */
final class LibvirtIncomingMigration implements IncomingMigration {
    /** Limit for the source's libvirt to destroy the incoming QEMU, and for the host to be unreachable meanwhile. */
    private static final Duration CLEANUP_LIMIT = Duration.ofSeconds(20);

    private final VmName vm;
    private final Optional<MigrationId> id;
    private final Domains domains;
    private final PeerAddress address;

    /** @param id the mark of its domain; empty for a migration of another program, or of an older server */
    LibvirtIncomingMigration(VmName vm, Optional<MigrationId> id, Domains domains, PeerAddress address) {
        this.vm = vm;
        this.id = id;
        this.domains = domains;
        this.address = address;
    }

    @Override
    public String uri() {
        return address.toString();
    }

    private Optional<VmState> state() {
        return domains.find(vm)
                .map(HostedVm::state)
                .filter(s -> s != VmState.SHUTOFF)
                .filter(s -> IncomingMark.of(domains, vm).equals(id));
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
            throw new UnderstudyException(ErrorCode.WRONG_VM_STATE, "VM " + vm + " has not arrived on the destination");
        }
    }

    /** Polls an unreachable host again, for example while its libvirt restarts: a QEMU not proven gone may still run. */
    @Override
    public void abort() {
        long end = System.nanoTime() + CLEANUP_LIMIT.toNanos();
        while (mayStillStop(end)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
        Optional<VmState> state = state();
        if (state.equals(Optional.of(VmState.INCOMING))) {
            domains.run("destroy the incoming QEMU of", vm, this::destroy);
        } else if (state.isPresent()) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "VM " + vm + " has arrived on the destination; its incoming migration cannot be aborted");
        }
    }

    /** Checked again on the same domain: another migration may have begun meanwhile. */
    private void destroy(Domain domain) throws LibvirtException {
        if (IncomingMark.of(domain).equals(id)) {
            domain.destroy();
        }
    }

    private boolean mayStillStop(long end) {
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

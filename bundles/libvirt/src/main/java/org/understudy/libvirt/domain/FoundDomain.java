// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.util.Optional;
import java.util.UUID;
import org.libvirt.Domain;
import org.libvirt.DomainInfo.DomainState;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.libvirt.connect.NativeConnect;
import org.understudy.libvirt.connect.NativeLibvirt;

/**
 * A VM as libvirt reports it without its QEMU.
 *
 * @param unclear whether only its job shows if it is arriving from another host
 */
record FoundDomain(HostedVm vm, boolean unclear) {
    /** Source: VIR_DOMAIN_PAUSED. */
    private static final int PAUSED = 3;

    /** Empty if the domain is gone meanwhile. */
    static Optional<FoundDomain> of(NativeConnect connect, VmName name, Domain domain) throws LibvirtException {
        try {
            UUID uuid = UUID.fromString(domain.getUUIDString());
            DomainState state = domain.getInfo().state;
            Optional<PauseReason> reason = Optional.empty();
            if (state == DomainState.VIR_DOMAIN_PAUSED) {
                reason = pauseReason(connect, name);
                // Without a reason it was resumed meanwhile.
                state = reason.isPresent() ? state : domain.getInfo().state;
            }
            String details = reason.filter(r -> r != PauseReason.USER)
                    .map(PauseReason::text)
                    .orElse("");
            boolean unclear = reason.filter(r -> r == PauseReason.MIGRATION || r == PauseReason.STARTING_UP)
                    .isPresent();
            return Optional.of(new FoundDomain(new HostedVm(name, uuid, DomainStates.of(state), details), unclear));
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_DOMAIN) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** As {@link #of}, with its job if it is unclear. For that libvirt may wait for QEMU, so this is no read. */
    static Optional<HostedVm> withJob(NativeConnect connect, VmName name, Domain domain) throws LibvirtException {
        Optional<HostedVm> arriving = of(connect, name, domain)
                .filter(FoundDomain::unclear)
                .map(found -> new HostedVm(
                        name, found.vm().uuid(), VmState.INCOMING, found.vm().details()));
        return arriving.isPresent() && isIncoming(domain)
                ? arriving
                // Again: it may have been resumed before its job was read.
                : of(connect, name, domain).map(FoundDomain::vm);
    }

    /** Uses the native call, because libvirt-java returns no reason. Empty if it is no longer paused. */
    private static Optional<PauseReason> pauseReason(NativeConnect connect, VmName name) {
        Pointer domain = NativeLibvirt.INSTANCE.virDomainLookupByName(connect.pointer(), name.value());
        if (domain == null) {
            return Optional.of(PauseReason.UNKNOWN);
        }
        try {
            IntByReference state = new IntByReference();
            IntByReference reason = new IntByReference();
            int answer = NativeLibvirt.INSTANCE.virDomainGetState(domain, state, reason, 0);
            if (answer < 0) {
                return Optional.of(PauseReason.UNKNOWN);
            }
            return state.getValue() == PAUSED ? Optional.of(PauseReason.of(reason.getValue())) : Optional.empty();
        } finally {
            NativeLibvirt.INSTANCE.virDomainFree(domain);
        }
    }

    /**
     * Source and destination are both paused during a migration. Only the source reports job progress. Source: libvirt
     * {@code qemu_driver.c}, qemuDomainGetJobStatsInternal.
     */
    private static boolean isIncoming(Domain domain) throws LibvirtException {
        try {
            domain.getJobInfo();
            return false;
        } catch (LibvirtException e) {
            return switch (e.getError().getCode()) {
                case VIR_ERR_OPERATION_UNSUPPORTED -> true;
                // It has stopped meanwhile, or is gone.
                case VIR_ERR_OPERATION_INVALID, VIR_ERR_NO_DOMAIN -> false;
                default -> throw e;
            };
        }
    }
}

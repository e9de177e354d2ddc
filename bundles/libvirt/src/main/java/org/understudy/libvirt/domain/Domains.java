// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.libvirt.Domain;
import org.libvirt.DomainInfo.DomainState;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.libvirt.connect.LibvirtConnection;
import org.understudy.libvirt.connect.LibvirtFailure;
import org.understudy.libvirt.connect.NativeConnect;
import org.understudy.libvirt.connect.NativeLibvirt;

/** The domains of a host: finding them and telling what they do. */
public final class Domains {
    /** The running VM alone, not its stored definition. Source: VIR_DOMAIN_AFFECT_LIVE. */
    static final int LIVE = 1;

    private static final int ALL = 0;

    /** Source: VIR_DOMAIN_PAUSED. */
    private static final int PAUSED = 3;

    private final LibvirtConnection connection;

    public Domains(LibvirtConnection connection) {
        this.connection = connection;
    }

    /** What is asked of one domain. */
    @FunctionalInterface
    public interface DomainCall<T> {
        T on(Domain domain) throws LibvirtException;
    }

    /** What is asked of one domain without an answer. */
    @FunctionalInterface
    public interface DomainAction {
        void on(Domain domain) throws LibvirtException;
    }

    /** @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND} */
    public <T> T ask(String what, VmName vm, DomainCall<T> call) {
        return connection.ask(what + " VM " + vm, c -> {
            Domain domain = c.domainLookupByName(vm.value());
            try {
                return call.on(domain);
            } finally {
                domain.free();
            }
        });
    }

    /** @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND} */
    public void notifyListeners(String what, VmName vm, DomainAction action) {
        ask(what, vm, domain -> {
            action.on(domain);
            return true;
        });
    }

    /** Those whose names have the form of a {@link VmName}; the others cannot be named here. */
    public List<HostedVm> all() {
        return connection.ask("list the VMs", c -> {
            List<HostedVm> found = new ArrayList<>();
            Domain[] domains = c.listAllDomains(ALL);
            try {
                for (Domain domain : domains) {
                    Optional<VmName> name = name(domain);
                    if (name.isPresent()) {
                        hosted(c, name.get(), domain).ifPresent(found::add);
                    }
                }
            } finally {
                // All of them, also when one could not be asked: each keeps the connection open.
                for (Domain domain : domains) {
                    domain.free();
                }
            }
            return found;
        });
    }

    public Optional<HostedVm> find(VmName vm) {
        try {
            return connection.ask("look for VM " + vm, c -> {
                Domain domain = c.domainLookupByName(vm.value());
                try {
                    return hosted(c, vm, domain);
                } finally {
                    domain.free();
                }
            });
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.VM_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Asks the guest to release a device; does not wait for it. */
    void detachAlias(VmName vm, Alias alias) {
        connection.ask("unplug " + alias + " from VM " + vm, c -> {
            Pointer domain = NativeLibvirt.INSTANCE.virDomainLookupByName(c.pointer(), vm.value());
            if (domain == null) {
                throw LibvirtFailure.last("look for VM " + vm);
            }
            try {
                if (NativeLibvirt.INSTANCE.virDomainDetachDeviceAlias(domain, alias.value(), LIVE) < 0) {
                    throw LibvirtFailure.last("unplug " + alias + " from VM " + vm);
                }
                return true;
            } finally {
                NativeLibvirt.INSTANCE.virDomainFree(domain);
            }
        });
    }

    private static Optional<VmName> name(Domain domain) throws LibvirtException {
        try {
            return Optional.of(new VmName(domain.getName()));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }

    /** Empty if it has gone in the meantime. */
    private static Optional<HostedVm> hosted(NativeConnect connect, VmName name, Domain domain)
            throws LibvirtException {
        try {
            UUID uuid = UUID.fromString(domain.getUUIDString());
            DomainState state = domain.getInfo().state;
            if (state == DomainState.VIR_DOMAIN_PAUSED) {
                Optional<HostedVm> paused = paused(connect, name, uuid, domain);
                if (paused.isPresent()) {
                    return paused;
                }
                state = domain.getInfo().state;
            }
            return Optional.of(new HostedVm(name, uuid, DomainStates.of(state), ""));
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_DOMAIN) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Empty if it is not paused any more: state, reason and job are separate questions. */
    private static Optional<HostedVm> paused(NativeConnect connect, VmName name, UUID uuid, Domain domain)
            throws LibvirtException {
        Optional<PauseReason> known = pauseReason(connect, name);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        PauseReason reason = known.get();
        boolean maybe = reason == PauseReason.MIGRATION || reason == PauseReason.STARTING_UP;
        boolean incoming = maybe && isReceiving(domain);
        if (maybe && !incoming && domain.getInfo().state != DomainState.VIR_DOMAIN_PAUSED) {
            return Optional.empty();
        }
        return Optional.of(new HostedVm(
                name,
                uuid,
                incoming ? VmState.INCOMING : VmState.PAUSED,
                reason == PauseReason.USER ? "" : reason.words()));
    }

    /** libvirt-java gives the state without its reason. Empty if it is not paused any more. */
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
     * Both ends of a migration are paused for it. Only the sending one can tell of its progress. Source: libvirt
     * {@code qemu_driver.c}, qemuDomainGetJobStatsInternal.
     */
    private static boolean isReceiving(Domain domain) throws LibvirtException {
        try {
            domain.getJobInfo();
            return false;
        } catch (LibvirtException e) {
            return switch (e.getError().getCode()) {
                case VIR_ERR_OPERATION_UNSUPPORTED -> true;
                // It has stopped since.
                case VIR_ERR_OPERATION_INVALID -> false;
                default -> throw e;
            };
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

/** Finds the domains of a host and runs calls on them. */
public final class Domains {
    /** Affects the running VM only, not its stored definition. Source: VIR_DOMAIN_AFFECT_LIVE. */
    static final int LIVE = 1;

    /** Filters of a list. Source: virConnectListAllDomainsFlags. */
    private static final int ALL = 0;

    private static final int RUNNING = 16;
    private static final int SHUTOFF = 64;
    /** With more VMs, lists by state cost fewer calls than the state of each. */
    private static final int FEW = 3;

    /** Source: VIR_DOMAIN_PAUSED. */
    private static final int PAUSED = 3;

    private final LibvirtConnection connection;

    public Domains(LibvirtConnection connection) {
        this.connection = connection;
    }

    /** A call on one domain with a result. */
    @FunctionalInterface
    public interface DomainCall<T> {
        T apply(Domain domain) throws LibvirtException;
    }

    /** A call on one domain without a result. */
    @FunctionalInterface
    public interface DomainAction {
        void apply(Domain domain) throws LibvirtException;
    }

    /** @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND} */
    public <T> T call(String what, VmName vm, DomainCall<T> call) {
        return connection.call(what + " VM " + vm, c -> {
            Domain domain = c.domainLookupByName(vm.value());
            try {
                return call.apply(domain);
            } finally {
                domain.free();
            }
        });
    }

    /** Calls each domain on one connection. Those that are gone, or for which the call fails, are left out. */
    <T> Map<VmName, T> callEach(String what, Collection<VmName> vms, DomainCall<T> call) {
        return connection.call(what, c -> {
            Map<VmName, T> results = new HashMap<>();
            Domain[] domains = vms.size() == 1 ? lookUp(c, vms.iterator().next()) : c.listAllDomains(ALL);
            try {
                for (Domain domain : domains) {
                    VmName vm = new VmName(domain.getName());
                    if (vms.contains(vm)) {
                        callOne(c, domain, call).ifPresent(result -> results.put(vm, result));
                    }
                }
            } finally {
                free(domains);
            }
            return results;
        });
    }

    private static Domain[] lookUp(NativeConnect connect, VmName vm) throws LibvirtException {
        try {
            return new Domain[] {connect.domainLookupByName(vm.value())};
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_DOMAIN) {
                return new Domain[0];
            }
            throw e;
        }
    }

    private static <T> Optional<T> callOne(NativeConnect connect, Domain domain, DomainCall<T> call)
            throws LibvirtException {
        try {
            return Optional.of(call.apply(domain));
        } catch (LibvirtException e) {
            if (!connect.responds()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND} */
    public void run(String what, VmName vm, DomainAction action) {
        call(what, vm, domain -> {
            action.apply(domain);
            return true;
        });
    }

    public List<HostedVm> all() {
        return connection.call("list the VMs", c -> {
            List<HostedVm> found = new ArrayList<>();
            Domain[] domains = c.listAllDomains(ALL);
            try {
                Map<String, VmState> states = domains.length > FEW ? states(c) : Map.of();
                for (Domain domain : domains) {
                    VmName name = new VmName(domain.getName());
                    VmState state = states.get(name.value());
                    if (state == null) {
                        hosted(c, name, domain).ifPresent(found::add);
                    } else {
                        found.add(new HostedVm(name, UUID.fromString(domain.getUUIDString()), state, ""));
                    }
                }
            } finally {
                free(domains);
            }
            return found;
        });
    }

    /** The states of the VMs that are simply running or off, by name. */
    private static Map<String, VmState> states(NativeConnect connect) throws LibvirtException {
        Map<String, VmState> states = new HashMap<>();
        for (String name : names(connect, RUNNING)) {
            states.put(name, VmState.RUNNING);
        }
        for (String name : names(connect, SHUTOFF)) {
            // In both lists: it has stopped meanwhile.
            states.put(name, VmState.SHUTOFF);
        }
        return states;
    }

    private static List<String> names(NativeConnect connect, int filter) throws LibvirtException {
        Domain[] domains = connect.listAllDomains(filter);
        try {
            List<String> names = new ArrayList<>();
            for (Domain domain : domains) {
                names.add(domain.getName());
            }
            return names;
        } finally {
            free(domains);
        }
    }

    /** All of them, also if a call on one failed: each keeps the connection open. */
    private static void free(Domain[] domains) throws LibvirtException {
        for (Domain domain : domains) {
            domain.free();
        }
    }

    public Optional<HostedVm> find(VmName vm) {
        return find("look up VM " + vm, c -> c.domainLookupByName(vm.value()));
    }

    public Optional<HostedVm> find(UUID uuid) {
        return find("look up the VM with UUID " + uuid, c -> c.domainLookupByUUID(uuid));
    }

    /** A lookup of one domain. */
    @FunctionalInterface
    private interface Lookup {
        Domain apply(NativeConnect connect) throws LibvirtException;
    }

    private Optional<HostedVm> find(String what, Lookup lookup) {
        try {
            return connection.call(what, c -> {
                Domain domain = lookup.apply(c);
                try {
                    return hosted(c, new VmName(domain.getName()), domain);
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

    /** Requests that the guest releases a device; does not wait for it. */
    void detachAlias(VmName vm, Alias alias) {
        connection.call("unplug " + alias + " from VM " + vm, c -> {
            Pointer domain = NativeLibvirt.INSTANCE.virDomainLookupByName(c.pointer(), vm.value());
            if (domain == null) {
                throw LibvirtFailure.last("look up VM " + vm);
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

    /** Empty if the domain is gone meanwhile. */
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

    /** Empty if it is no longer paused: state, reason and job are read by separate calls. */
    private static Optional<HostedVm> paused(NativeConnect connect, VmName name, UUID uuid, Domain domain)
            throws LibvirtException {
        Optional<PauseReason> known = pauseReason(connect, name);
        if (known.isEmpty()) {
            return Optional.empty();
        }
        PauseReason reason = known.get();
        boolean ambiguous = reason == PauseReason.MIGRATION || reason == PauseReason.STARTING_UP;
        boolean incoming = ambiguous && isIncoming(domain);
        if (ambiguous && !incoming && domain.getInfo().state != DomainState.VIR_DOMAIN_PAUSED) {
            return Optional.empty();
        }
        return Optional.of(new HostedVm(
                name,
                uuid,
                incoming ? VmState.INCOMING : VmState.PAUSED,
                reason == PauseReason.USER ? "" : reason.text()));
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
                // It has stopped meanwhile.
                case VIR_ERR_OPERATION_INVALID -> false;
                default -> throw e;
            };
        }
    }
}

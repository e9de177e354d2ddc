// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.libvirt.connect.LibvirtCall;
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
        return connection.call(what + " VM " + vm, on(vm, call));
    }

    /**
     * As {@link #call}, for what libvirt answers without its QEMU.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    public <T> T read(String what, VmName vm, DomainCall<T> call) {
        return connection.read(what + " VM " + vm, on(vm, call));
    }

    private static <T> LibvirtCall<T> on(VmName vm, DomainCall<T> call) {
        return connect -> {
            Domain domain = connect.domainLookupByName(vm.value());
            try {
                return call.apply(domain);
            } finally {
                domain.free();
            }
        };
    }

    /** @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND} */
    public void run(String what, VmName vm, DomainAction action) {
        call(what, vm, domain -> {
            action.apply(domain);
            return true;
        });
    }

    public List<HostedVm> all() {
        List<FoundDomain> found = connection.read("list the VMs", c -> {
            List<FoundDomain> listed = new ArrayList<>();
            Domain[] domains = c.listAllDomains(ALL);
            try {
                Map<String, VmState> states = domains.length > FEW ? states(c) : Map.of();
                for (Domain domain : domains) {
                    VmName name = new VmName(domain.getName());
                    VmState state = states.get(name.value());
                    if (state == null) {
                        FoundDomain.of(c, name, domain).ifPresent(listed::add);
                    } else {
                        UUID uuid = UUID.fromString(domain.getUUIDString());
                        listed.add(new FoundDomain(new HostedVm(name, uuid, state, ""), false));
                    }
                }
            } finally {
                free(domains);
            }
            return listed;
        });
        return found.stream().flatMap(vm -> resolved(vm).stream()).toList();
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
        return unlessGone(() -> connection.read(what, on(lookup, FoundDomain::of)))
                .flatMap(this::resolved);
    }

    /** Whether it is arriving from another host shows its job, for which libvirt may wait for QEMU. */
    private Optional<HostedVm> resolved(FoundDomain found) {
        UUID uuid = found.vm().uuid();
        return found.unclear()
                ? unlessGone(() -> connection.call(
                        "read the job of VM " + found.vm().name(),
                        on(c -> c.domainLookupByUUID(uuid), FoundDomain::withJob)))
                : Optional.of(found.vm());
    }

    /** What a domain is, with its name. */
    @FunctionalInterface
    private interface Look<T> {
        Optional<T> apply(NativeConnect connect, VmName name, Domain domain) throws LibvirtException;
    }

    private static <T> LibvirtCall<Optional<T>> on(Lookup lookup, Look<T> look) {
        return connect -> {
            Domain domain = lookup.apply(connect);
            try {
                return look.apply(connect, new VmName(domain.getName()), domain);
            } finally {
                domain.free();
            }
        };
    }

    private static <T> Optional<T> unlessGone(Supplier<Optional<T>> found) {
        try {
            return found.get();
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
}

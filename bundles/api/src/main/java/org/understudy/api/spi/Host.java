// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;

/**
 * A host as its connector drives it. Calls block until the host has answered. Every call on an unknown VM throws
 * {@link org.understudy.api.ErrorCode#VM_NOT_FOUND}.
 */
public interface Host extends AutoCloseable {
    HostName name();

    /** What the host can do; read anew where it is cheap, cached by the binary's identity where it is not. */
    HostFacts facts();

    /** What is wrong with the host, or worth knowing, besides {@link #facts}; takes a few seconds at most. */
    default List<Finding> examine() {
        return List.of();
    }

    /** Every VM this host holds, also those that only receive a migration. */
    List<HostedVm> vms();

    Optional<HostedVm> find(VmName vm);

    /** The configured domain XML. */
    String definition(VmName vm);

    /** The domain XML the running VM was started with; empty if the VM is off. */
    Optional<String> liveDefinition(VmName vm);

    /** What this host would not do of a definition; nothing is stored. */
    List<Finding> check(String definition);

    /** Stores a definition, or replaces the one with the same name and UUID. Does not touch a running VM. */
    HostedVm define(String definition);

    void undefine(VmName vm);

    /** @param assignedVfs the VF for each primary whose definition leaves the choice to a pool */
    void start(VmName vm, Map<Alias, PciAddress> assignedVfs);

    void shutdown(VmName vm);

    void destroy(VmName vm);

    void reset(VmName vm);

    void pause(VmName vm);

    void resume(VmName vm);

    /** Asks QEMU, not the definition, what became of a primary. */
    PrimaryPresence primaryPresence(VmName vm, Alias primary);

    /** Whether the guest's driver has negotiated standby; empty if this QEMU cannot tell. */
    Optional<Boolean> standbyNegotiated(VmName vm, Alias standby);

    /** The guest's own word on its NICs, by its agent; empty if no agent answers within two seconds. */
    default Optional<List<GuestNic>> guestNics(VmName vm) {
        return Optional.empty();
    }

    /** What may have kept QEMU from a primary that it was to have; empty if the host knows of nothing. Changes nothing. */
    default List<Finding> whyWithout(VmName vm, Alias primary) {
        return List.of();
    }

    /** Plugs a primary that the running VM has lost. */
    void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf);

    /** Asks the guest to release a primary; does not wait. */
    void unplugPrimary(VmName vm, Alias primary);

    /** Prepares to receive a VM. The VM is not this host's until {@link IncomingMigration#accept}. */
    IncomingMigration prepareIncoming(IncomingRequest request);

    /** Starts to send a VM; returns once QEMU has taken the command. */
    OutgoingMigration startOutgoing(OutgoingRequest request);

    /** The receiving end of a VM in {@link org.understudy.api.VmState#INCOMING}, also after a restart of this server. */
    default Optional<IncomingMigration> incoming(VmName vm) {
        return Optional.empty();
    }

    /**
     * The sending end of a VM whose QEMU was told to migrate and has not been finished or taken back, also after a
     * restart of this server. Its phase may be an ended one.
     */
    default Optional<OutgoingMigration> outgoing(VmName vm) {
        return Optional.empty();
    }

    /** Delivers the host's events. */
    Subscription subscribe(Consumer<HostEvent> consumer);

    /** Lets go of the host. VMs go on running. */
    @Override
    void close();
}

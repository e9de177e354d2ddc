// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;

/**
 * A host, through its connector. Calls block until the host has answered. Every call for an unknown VM throws
 * {@link org.understudy.api.ErrorCode#VM_NOT_FOUND}.
 */
@ProviderType
public interface Host extends AutoCloseable {
    /** {@return the name in the configuration} */
    HostName name();

    /** {@return the capabilities of the host; cheap ones are read on each call, others are cached by the identity of the binary} */
    HostFacts facts();

    /** {@return problems of the host, and notices, in addition to {@link #facts}; takes a few seconds at most} */
    default List<Finding> examine() {
        return List.of();
    }

    /** {@return every VM of this host, including those that only receive a migration} */
    List<HostedVm> vms();

    /**
     * {@return a VM of this host; empty if the host does not have it}
     *
     * @param vm the VM
     */
    Optional<HostedVm> find(VmName vm);

    /**
     * {@return the VM of this host that has this UUID; empty if the host does not have it}
     *
     * @param uuid the UUID of the VM
     */
    default Optional<HostedVm> findByUuid(UUID uuid) {
        return vms().stream().filter(vm -> vm.uuid().equals(uuid)).findFirst();
    }

    /**
     * {@return the configured domain XML}
     *
     * @param vm the VM
     */
    String definition(VmName vm);

    /**
     * {@return the domain XML the running VM was started with; empty if the VM is off}
     *
     * @param vm the VM
     */
    Optional<String> liveDefinition(VmName vm);

    /**
     * The definitions of a VM.
     *
     * @param configured the configured domain XML
     * @param live the domain XML the running VM was started with; empty if the VM is off
     */
    record VmDefinitions(String configured, Optional<String> live) {}

    /**
     * {@return the definitions of VMs by name, if the connector reads those of several VMs at once} A VM whose definitions
     * could not be read is left out.
     *
     * @param vms the VMs
     */
    default Map<VmName, VmDefinitions> definitions(Collection<VmName> vms) {
        return Map.of();
    }

    /**
     * {@return the parts of a definition that this host cannot provide} Stores nothing.
     *
     * @param definition the domain XML
     */
    List<Finding> check(String definition);

    /**
     * Stores a definition, or replaces the one with the same name and UUID. Does not change a running VM.
     *
     * @param definition the domain XML
     * @return the VM as stored
     */
    HostedVm define(String definition);

    /**
     * Removes the definition of a VM that is off.
     *
     * @param vm the VM
     */
    void undefine(VmName vm);

    /**
     * Starts a VM and returns once its vCPUs run.
     *
     * @param vm the VM
     * @param assignedVfs the VF for each primary whose definition leaves the choice to a pool
     */
    void start(VmName vm, Map<Alias, PciAddress> assignedVfs);

    /**
     * Requests the guest to power off; does not wait.
     *
     * @param vm the VM
     */
    void shutdown(VmName vm);

    /**
     * Ends the VM at once; on return it is off.
     *
     * @param vm the VM
     */
    void destroy(VmName vm);

    /**
     * Resets the VM, like its reset button.
     *
     * @param vm the VM
     */
    void reset(VmName vm);

    /**
     * Pauses the vCPUs.
     *
     * @param vm the VM
     */
    void pause(VmName vm);

    /**
     * Resumes the vCPUs of a paused VM.
     *
     * @param vm the VM
     */
    void resume(VmName vm);

    /** {@return whether a query to its QEMU leaves a mark on a VM, so that QEMU is queried only in case of doubt} */
    default boolean marksQueriedVms() {
        return false;
    }

    /**
     * Reads the state of a primary from QEMU, not from the definition.
     *
     * @param vm the VM
     * @param primary the primary's alias
     * @return the state of the primary in QEMU
     */
    PrimaryPresence primaryPresence(VmName vm, Alias primary);

    /**
     * {@return whether the guest's driver has negotiated standby; empty if this QEMU does not report it}
     *
     * @param vm the VM
     * @param standby the standby NIC's alias
     */
    Optional<Boolean> standbyNegotiated(VmName vm, Alias standby);

    /**
     * {@return the NICs that the guest agent reports; empty if no agent answers within 2 s}
     *
     * @param vm the VM
     */
    default Optional<List<GuestNic>> guestNics(VmName vm) {
        return Optional.empty();
    }

    /**
     * {@return the network of the guest; empty if no agent answers} Runs a program in the guest, which only reads.
     *
     * @param vm the VM
     */
    default Optional<GuestNetwork> guestNetwork(VmName vm) {
        return Optional.empty();
    }

    /**
     * {@return possible causes why QEMU lacks a primary that it should have; empty if none is known} Changes nothing.
     *
     * @param vm the VM
     * @param primary the primary's alias
     */
    default List<Finding> whyWithout(VmName vm, Alias primary) {
        return List.of();
    }

    /**
     * Plugs a primary that the running VM has lost.
     *
     * @param vm the VM
     * @param primary the primary's alias
     * @param assignedVf the VF to use; empty if the definition names it
     */
    void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf);

    /**
     * Requests the guest to release a primary; does not wait.
     *
     * @param vm the VM
     * @param primary the primary's alias
     */
    void unplugPrimary(VmName vm, Alias primary);

    /**
     * Prepares to receive a VM. The VM does not belong to this host until {@link IncomingMigration#accept}.
     *
     * @param request the VM and its definitions
     * @return the incoming migration, ready for the source
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MIGRATION_IN_PROGRESS} if the host
     *     already receives the VM, which stays as it is
     */
    IncomingMigration prepareIncoming(IncomingRequest request);

    /**
     * Starts to send a VM; returns once QEMU has accepted the command.
     *
     * @param request the VM and its destination
     * @return the outgoing migration
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#MIGRATION_IN_PROGRESS} if the host
     *     already sends the VM, which it continues
     */
    OutgoingMigration startOutgoing(OutgoingRequest request);

    /**
     * {@return the incoming migration of a VM in {@link org.understudy.api.VmState#INCOMING}, also after a restart of this
     * server}
     *
     * @param vm the VM
     */
    default Optional<IncomingMigration> incoming(VmName vm) {
        return Optional.empty();
    }

    /**
     * {@return the outgoing migration of a VM that has been neither finished nor rolled back, also after a restart of
     * this server} Its phase may be an ended one.
     *
     * @param vm the VM
     */
    default Optional<OutgoingMigration> outgoing(VmName vm) {
        return Optional.empty();
    }

    /**
     * Delivers the host's events in order, one at a time, on threads of the connector. The connector may drop events; their
     * VMs then have a {@link HostEvent.EventsMissed}.
     *
     * @param consumer receives each event; must not block
     * @return ends the delivery when closed
     */
    Subscription subscribe(Consumer<HostEvent> consumer);

    /**
     * {@return why the host cannot be reached now, such as {@code closed the connection}, to follow its name in a sentence; empty
     * while it can, as far as the connector knows} Does not block.
     */
    default Optional<String> outage() {
        return Optional.empty();
    }

    /**
     * Calls the listener after {@link #outage} has changed, and after VMs may have vanished without an event. The events that were
     * missed are published before.
     *
     * @param changed called on a thread of the connector; must not block
     * @return ends the delivery when closed
     */
    default Subscription listenForOutages(Runnable changed) {
        return () -> {};
    }

    /** Closes the connection to the host. VMs continue to run. */
    @Override
    void close();
}

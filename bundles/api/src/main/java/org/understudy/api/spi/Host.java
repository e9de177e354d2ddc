// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;
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
@ProviderType
public interface Host extends AutoCloseable {
    /** {@return the name in the configuration} */
    HostName name();

    /** {@return what the host can do; read anew where it is cheap, cached by the binary's identity where it is not} */
    HostFacts facts();

    /** {@return what is wrong with the host, or worth knowing, besides {@link #facts}; takes a few seconds at most} */
    default List<Finding> examine() {
        return List.of();
    }

    /** {@return every VM this host holds, also those that only receive a migration} */
    List<HostedVm> vms();

    /**
     * {@return a VM of this host; empty if the host does not have it}
     *
     * @param vm the VM
     */
    Optional<HostedVm> find(VmName vm);

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
     * {@return what this host would not do of a definition; nothing is stored}
     *
     * @param definition the domain XML
     */
    List<Finding> check(String definition);

    /**
     * Stores a definition, or replaces the one with the same name and UUID. Does not touch a running VM.
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
     * Stops the vCPUs.
     *
     * @param vm the VM
     */
    void pause(VmName vm);

    /**
     * Lets the vCPUs of a paused VM run again.
     *
     * @param vm the VM
     */
    void resume(VmName vm);

    /**
     * Reads from QEMU, not from the definition, what became of a primary.
     *
     * @param vm the VM
     * @param primary the primary's alias
     * @return what QEMU knows of it
     */
    PrimaryPresence primaryPresence(VmName vm, Alias primary);

    /**
     * {@return whether the guest's driver has negotiated standby; empty if this QEMU cannot tell}
     *
     * @param vm the VM
     * @param standby the standby NIC's alias
     */
    Optional<Boolean> standbyNegotiated(VmName vm, Alias standby);

    /**
     * {@return the guest's own word on its NICs, by its agent; empty if no agent answers within two seconds}
     *
     * @param vm the VM
     */
    default Optional<List<GuestNic>> guestNics(VmName vm) {
        return Optional.empty();
    }

    /**
     * {@return what may have kept QEMU from a primary that it was to have; empty if the host knows of nothing} Changes
     * nothing.
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
     * Prepares to receive a VM. The VM is not this host's until {@link IncomingMigration#accept}.
     *
     * @param request the VM and its definitions
     * @return the receiving end, ready for the source
     */
    IncomingMigration prepareIncoming(IncomingRequest request);

    /**
     * Starts to send a VM; returns once QEMU has taken the command.
     *
     * @param request the VM and where it goes
     * @return the sending end
     */
    OutgoingMigration startOutgoing(OutgoingRequest request);

    /**
     * {@return the receiving end of a VM in {@link org.understudy.api.VmState#INCOMING}, also after a restart of this
     * server}
     *
     * @param vm the VM
     */
    default Optional<IncomingMigration> incoming(VmName vm) {
        return Optional.empty();
    }

    /**
     * {@return the sending end of a VM whose QEMU was told to migrate and has not been finished or taken back, also
     * after a restart of this server} Its phase may be an ended one.
     *
     * @param vm the VM
     */
    default Optional<OutgoingMigration> outgoing(VmName vm) {
        return Optional.empty();
    }

    /**
     * Delivers the host's events in order, on one thread of the connector.
     *
     * @param consumer gets each event; hands off at once
     * @return ends the delivery when closed
     */
    Subscription subscribe(Consumer<HostEvent> consumer);

    /** Lets go of the host. VMs go on running. */
    @Override
    void close();
}

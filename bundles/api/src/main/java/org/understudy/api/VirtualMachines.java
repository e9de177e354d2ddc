// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The VMs of all configured hosts. An OSGi service; safe for use from any thread. Calls block for as long as the host
 * takes; each throws {@link ErrorCode#VM_NOT_FOUND} for an unknown VM, {@link
 * ErrorCode#VM_AMBIGUOUS} for a name that several VMs have, and {@link ErrorCode#HOST_UNAVAILABLE} if the
 * host does not answer.
 */
@ProviderType
public interface VirtualMachines {
    /** {@return all hosts of the configuration, in its order} */
    List<HostView> hosts();

    /**
     * {@return all VMs, by name, and the hosts that do not answer} A QEMU that only receives a migration is not listed. Blocks
     * for up to 60 s while a host hangs, and throws nothing for it.
     */
    VmInventory list();

    /**
     * {@return a VM as its host has it}
     *
     * @param vm the VM
     */
    Vm show(VmAddress vm);

    /**
     * {@return a VM as its host has it; if it runs, with the evidence whether its guest cooperates in each pair} Reads
     * from QEMU and from the guest's agent, and may block for a few seconds.
     *
     * @param vm the VM
     */
    Vm examine(VmAddress vm);

    /**
     * {@return the configured domain XML}
     *
     * @param vm the VM
     */
    String definition(VmAddress vm);

    /**
     * Defines a VM.
     *
     * @param host the host for the VM
     * @param definition the domain XML
     * @return findings that did not prevent it
     * @throws UnderstudyException {@link ErrorCode#REFUSED_BY_FINDINGS}, {@link ErrorCode#VM_EXISTS}, {@link
     *     ErrorCode#MALFORMED_XML}
     */
    List<Finding> define(HostName host, String definition);

    /**
     * Removes the definition of a VM from its host.
     *
     * @param vm the VM
     * @throws UnderstudyException {@link ErrorCode#WRONG_VM_STATE} unless the VM is off
     */
    void undefine(VmAddress vm);

    /**
     * Starts the VM and returns once its vCPUs run.
     *
     * @param vm the VM
     */
    void start(VmAddress vm);

    /**
     * Requests the guest to power off; does not wait.
     *
     * @param vm the VM
     */
    void shutdown(VmAddress vm);

    /**
     * Ends the VM at once, like a power failure.
     *
     * @param vm the VM
     */
    void destroy(VmAddress vm);

    /**
     * Resets the VM, like its reset button.
     *
     * @param vm the VM
     */
    void reset(VmAddress vm);

    /**
     * Stops the vCPUs; returns once they have stopped.
     *
     * @param vm the VM
     */
    void pause(VmAddress vm);

    /**
     * Lets the vCPUs of a paused VM run again.
     *
     * @param vm the VM
     * @throws UnderstudyException {@link ErrorCode#REFUSED_BY_FINDINGS} if another host may run the VM
     */
    void resume(VmAddress vm);
}

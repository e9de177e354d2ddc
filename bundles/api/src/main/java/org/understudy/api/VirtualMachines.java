// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * The VMs of all configured hosts. An OSGi service; safe for use from any thread. Calls block for as long as the host
 * takes; each throws {@link ErrorCode#VM_NOT_FOUND} for an unknown VM and {@link ErrorCode#HOST_UNAVAILABLE} if the
 * host does not answer.
 */
public interface VirtualMachines {
    /** All hosts of the configuration, in its order. */
    List<HostView> hosts();

    /** All VMs, by name. A QEMU that only receives a migration is not listed. */
    List<Vm> list();

    Vm show(VmName vm);

    /**
     * The same; if the VM runs, with what tells whether its guest does its part in each pair. QEMU and the guest's agent are
     * asked, so it may block for a few seconds.
     */
    Vm examine(VmName vm);

    /** The configured domain XML. */
    String definition(VmName vm);

    /**
     * Defines a VM.
     *
     * @return findings that did not stand in the way
     * @throws UnderstudyException {@link ErrorCode#REFUSED_BY_FINDINGS}, {@link ErrorCode#VM_EXISTS},
     *     {@link ErrorCode#MALFORMED_XML}
     */
    List<Finding> define(HostName host, String definition);

    /** @throws UnderstudyException {@link ErrorCode#WRONG_VM_STATE} unless the VM is off */
    void undefine(VmName vm);

    /** Starts the VM and returns once its vCPUs run. */
    void start(VmName vm);

    /** Asks the guest to power off; does not wait. */
    void shutdown(VmName vm);

    /** Ends the VM at once, like pulling the plug. */
    void destroy(VmName vm);

    void reset(VmName vm);

    void pause(VmName vm);

    void resume(VmName vm);
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Adjusts the definition of an operation of a manager, or vetoes the operation. Register it as an OSGi service (whiteboard
 * pattern). Contributors are called in ascending order of service ranking; each receives the definition of the previous one.
 */
@ConsumerType
public interface NicContributor {
    /**
     * Called on the manager's thread, concurrently for several VMs. A contributor that throws, or does not return XML, is
     * skipped with a finding, which refuses the operation only where the configuration requires a VF.
     *
     * <p>At {@link NicProvisioning.Occasion#ARRIVING} no VF is leased yet, requested pairs are not made yet, and a hook of
     * the host's manager may hold the lock of the VM: do not call that manager then.
     *
     * @param occasion what the manager is about to do
     * @param host the host for the VM
     * @param definition the domain XML so far
     * @return the definition to use, and the findings of this contributor; {@link FindingCode#VETOED} refuses
     */
    Provisioned contribute(NicProvisioning.Occasion occasion, HostName host, String definition);
}

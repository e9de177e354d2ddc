// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Adjusts or vetoes what a manager is about to do. Register one as an OSGi service (whiteboard); the one with the lowest
 * service ranking is asked first, and each sees what those before it have made of the definition.
 */
@ConsumerType
public interface NicContributor {
    /**
     * Called on the manager's thread, for several VMs at once. One that throws, or gives no XML back, is passed over
     * with a finding; that refuses only where the configuration requires a VF.
     *
     * <p>At {@link NicProvisioning.Occasion#ARRIVING} no VF is leased yet, wished pairs are not made yet, and a hook of
     * the host's manager may wait with the VM locked: ask that manager for nothing then.
     *
     * @param occasion what the manager is about to do
     * @param host where the VM is to be
     * @param definition the domain XML so far
     * @return the definition to go on with, and this contributor's own findings; {@link FindingCode#VETOED} refuses
     */
    Provisioned contribute(NicProvisioning.Occasion occasion, HostName host, String definition);
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.UUID;
import org.osgi.annotation.versioning.ProviderType;

/**
 * How a caller addresses a VM: by {@link VmName}, {@link VmUuid} or {@link VmOnHost}. The name suffices unless several VMs have it;
 * a call then fails with {@link ErrorCode#VM_AMBIGUOUS} and names the other forms.
 */
@ProviderType
public interface VmAddress {
    /**
     * {@return whether this is the address of a VM}
     *
     * @param host a host that has the VM
     * @param name its name there
     * @param uuid its UUID
     */
    boolean matches(HostName host, String name, UUID uuid);
}

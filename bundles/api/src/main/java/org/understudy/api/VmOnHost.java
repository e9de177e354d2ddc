// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.UUID;

/**
 * A VM on one host.
 *
 * @param host the host
 * @param vm the name or the UUID of the VM
 */
public record VmOnHost(HostName host, String vm) implements VmAddress {
    /**
     * Checks the value.
     *
     * @param host the host
     * @param vm the name or the UUID of the VM
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the name is empty
     */
    public VmOnHost {
        VmAddress.withoutHost(vm);
    }

    /** {@return the address of the VM without the host} */
    public VmAddress onAnyHost() {
        return VmAddress.withoutHost(vm);
    }

    @Override
    public boolean matches(HostName on, VmName name, UUID uuid) {
        return host.equals(on) && onAnyHost().matches(on, name, uuid);
    }

    @Override
    public String toString() {
        return host + "/" + onAnyHost();
    }
}

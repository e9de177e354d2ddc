// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.UUID;

/**
 * The UUID of a VM, or a name of the same form.
 *
 * @param value the UUID
 */
public record VmUuid(UUID value) implements VmAddress {
    /** {@return the name of the same form} */
    public VmName asName() {
        return new VmName(value.toString());
    }

    @Override
    public boolean matches(HostName host, String name, UUID uuid) {
        return value.equals(uuid) || value.toString().equalsIgnoreCase(name);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}

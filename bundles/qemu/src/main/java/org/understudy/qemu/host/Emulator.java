// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.understudy.api.Finding;
import org.understudy.api.spi.HostFacts.Version;

/**
 * The capabilities of the QEMU of this host.
 *
 * @param machines full name of each machine type, by name and alias
 * @param devices device types; empty: unknown
 * @param virtioStatus whether a running QEMU may be queried for negotiated virtio features
 * @param accelerator the accelerator of VMs with domain type kvm: {@code kvm}, or {@code tcg} if KVM is unusable
 */
record Emulator(
        Version version,
        Map<String, String> machines,
        Set<String> devices,
        boolean virtioStatus,
        String accelerator,
        List<Finding> findings) {
    /** The full name of a machine type; an unknown name is returned unchanged. */
    String fullName(String machine) {
        return machines.getOrDefault(machine, machine);
    }
}

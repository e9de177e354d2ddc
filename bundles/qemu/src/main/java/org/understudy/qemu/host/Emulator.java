// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.understudy.api.Finding;
import org.understudy.api.spi.HostFacts.Version;

/**
 * What this host's QEMU can do.
 *
 * @param machines full name by name, for names and aliases
 * @param devices names {@code -device} takes; empty: not known
 * @param virtioStatus whether a running QEMU may be asked what a virtio driver negotiated
 * @param accelerator what VMs that ask for KVM get: {@code kvm}, or {@code tcg} where KVM can't boot code
 */
record Emulator(
        Version version,
        Map<String, String> machines,
        Set<String> devices,
        boolean virtioStatus,
        String accelerator,
        List<Finding> findings) {
    /** The full name of a machine type; unknown ones stay as they are. */
    String fullName(String machine) {
        return machines.getOrDefault(machine, machine);
    }
}

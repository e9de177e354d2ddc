// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.qemu.qmp.QemuMachineType;

/**
 * The capabilities of a QEMU binary.
 *
 * @param machines all machine types
 * @param devices device types; empty: unknown, because QEMU aborted on the query
 * @param failover whether {@code virtio-net-pci} can be a standby NIC. Source: its property {@code failover}
 * @param primaryModels device types that can be a primary, such as {@code vfio-pci}, {@code e1000e}. Source: their
 *     property {@code failover_pair_id}
 * @param accelerators compiled in, such as {@code kvm}; not necessarily usable
 * @param sandbox whether {@code -sandbox} is supported
 * @param migrationCapabilities names as in QEMU
 * @param virtioStatus whether {@code x-query-virtio-status} works; if not, never send it to a VM
 * @param missing what Understudy needs and this QEMU lacks; empty if this QEMU is supported
 */
public record BinaryCapabilities(
        Version version,
        List<QemuMachineType> machines,
        Set<String> devices,
        boolean failover,
        Set<String> primaryModels,
        Set<String> accelerators,
        boolean sandbox,
        Set<String> migrationCapabilities,
        boolean virtioStatus,
        List<String> missing) {

    /** The full name of each machine type by name and alias: {@code q35} maps to {@code pc-q35-7.2}. */
    public Map<String, String> machineNames() {
        Map<String, String> names = new TreeMap<>();
        for (QemuMachineType machine : machines) {
            names.put(machine.name(), machine.name());
            if (!machine.alias().isEmpty()) {
                names.put(machine.alias(), machine.name());
            }
        }
        return names;
    }
}

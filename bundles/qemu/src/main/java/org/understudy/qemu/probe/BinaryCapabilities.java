// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.qemu.qmp.QemuMachineType;

/**
 * What a QEMU binary can do.
 *
 * @param machines every machine type
 * @param devices names {@code -device} takes; empty: not known, because QEMU did not survive the question
 * @param failover whether {@code virtio-net-pci} can be a standby NIC. Source: its property {@code failover}
 * @param primaryModels device types that can be a primary, such as {@code vfio-pci}, {@code e1000e}. Source: their
 *     property {@code failover_pair_id}
 * @param accelerators compiled in, such as {@code kvm}; whether they work is another question
 * @param sandbox whether {@code -sandbox} is there
 * @param migrationCapabilities by QEMU's names
 * @param virtioStatus whether {@code x-query-virtio-status} is there and QEMU survives it; if not, never ask a VM
 * @param missing what Understudy needs and this QEMU lacks; empty if it can be used
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

    /** The full name of every machine type, by its names and aliases: {@code q35} gives {@code pc-q35-7.2}. */
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

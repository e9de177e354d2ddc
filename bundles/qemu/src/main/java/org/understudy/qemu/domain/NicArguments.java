// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.domain.Device.Nic;
import org.understudy.qemu.domain.Device.NicBackend;
import org.understudy.qemu.domain.Device.PassedThrough;
import org.understudy.qemu.domain.Device.Rom;
import org.understudy.qemu.domain.Device.Teaming;

/**
 * Builds the arguments of NICs and of their role in a failover pair. Source: QEMU docs/system/virtio-net-failover.rst;
 * libvirt {@code qemuBuildNicDevProps}.
 */
final class NicArguments {
    private final Map<String, PciAddress> vfs;
    private final PciAddressAllocator allocator;
    private final BootIndexes bootIndexes;

    NicArguments(Map<String, PciAddress> vfs, PciAddressAllocator allocator, BootIndexes bootIndexes) {
        this.vfs = vfs;
        this.allocator = allocator;
        this.bootIndexes = bootIndexes;
    }

    Options nicDevice(Nic nic) {
        Options options = new Options(nic.model())
                .add("id", nic.id())
                .add("netdev", backendId(nic.id()))
                .add("mac", nic.mac());
        return withCommonOptions(options, nic, nic.rom(), nic.teaming()).addAll(nic.properties());
    }

    static String backendId(String nic) {
        return "host" + nic;
    }

    static Options netdev(Nic nic, Path bridgeHelper) {
        if (nic.backend() instanceof NicBackend.User user) {
            Options options = new Options("user").add("id", backendId(nic.id())).add("net", user.network());
            user.forwards().forEach(f -> options.add("hostfwd", f));
            return options;
        }
        NicBackend.Bridge bridge = (NicBackend.Bridge) nic.backend();
        return new Options("tap")
                .add("id", backendId(nic.id()))
                .add("br", bridge.bridge())
                .add("helper", bridgeHelper)
                .on("vhost", bridge.vhost());
    }

    Options vfDevice(PassedThrough vf) {
        PciAddress host = vf.source()
                .or(() -> Optional.ofNullable(vfs.get(vf.id())))
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.INVALID_ARGUMENT,
                        "Primary " + vf.id() + " has no assigned VF from pool "
                                + vf.pool().orElse("-")));
        Options options = new Options("vfio-pci").add("host", host).add("id", vf.id());
        return withCommonOptions(options, vf, vf.rom(), vf.teaming());
    }

    private Options withCommonOptions(Options options, Device device, Rom rom, Teaming teaming) {
        options.addAll(allocator.address(device.id()).options());
        bootIndexes.of(device).ifPresent(i -> options.add("bootindex", i));
        options.add("romfile", rom.file());
        if (!rom.bar()) {
            options.add("rombar", 0);
        }
        if (teaming instanceof Teaming.Primary primary) {
            options.add("failover_pair_id", primary.standby());
        }
        return options.on("failover", teaming instanceof Teaming.Standby);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.api.PciAddress;
import org.understudy.hostnic.backend.NativeBackend.Places;

/** Creates a tree like sysfs in a temporary folder, with PFs eno0, eno1, ... and their VFs. */
final class SysTree {
    private static final int FUNCTIONS = 8;
    private static final int SLOTS = 32;

    final Path root;
    private final Path devices;

    SysTree(Path folder) throws IOException {
        root = folder;
        devices = Files.createDirectories(folder.resolve("sys/bus/pci/devices"));
        Files.createDirectories(folder.resolve("sys/kernel/iommu_groups"));
        Files.createDirectories(folder.resolve("dev/vfio"));
        Files.createFile(folder.resolve("links"));
        Files.createDirectories(folder.resolve("sys/drivers/igb"));
        Files.createDirectories(folder.resolve("sys/drivers/igbvf"));
        Files.createDirectories(folder.resolve("sys/drivers/vfio-pci"));
    }

    Places places() {
        return new Places(
                root.resolve("sys").toString(),
                root.resolve("dev").toString(),
                root.resolve("state").toString(),
                root.resolve("links").toString(),
                root.resolve("run").toString());
    }

    static PciAddress pf(int pf) {
        return new PciAddress(pf, 1, 0, 0);
    }

    static PciAddress vf(int pf, int index) {
        return new PciAddress(pf, 2 + index / (SLOTS * FUNCTIONS), index / FUNCTIONS % SLOTS, index % FUNCTIONS);
    }

    SysTree with(int pfs, int vfsEach) throws IOException {
        for (int pf = 0; pf < pfs; pf++) {
            Path folder = Files.createDirectories(device(pf(pf)));
            write(folder, "vendor", "0x8086");
            write(folder, "device", "0x10c9");
            write(folder, "numa_node", Integer.toString(pf % 2));
            write(folder, "sriov_totalvfs", Integer.toString(vfsEach));
            write(folder, "sriov_numvfs", Integer.toString(vfsEach));
            write(folder, "sriov_vf_device", "10ca");
            Files.createDirectories(folder.resolve("net/eno" + pf));
            Files.createSymbolicLink(folder.resolve("driver"), root.resolve("sys/drivers/igb"));
            for (int index = 0; index < vfsEach; index++) {
                addVf(pf, index);
            }
        }
        return this;
    }

    private void addVf(int pf, int index) throws IOException {
        Path folder = Files.createDirectories(device(vf(pf, index)));
        int group = pf * 1000 + index;
        Path groupFolder = root.resolve("sys/kernel/iommu_groups/" + group);
        Files.createDirectories(groupFolder.resolve("devices/" + vf(pf, index)));
        Files.createSymbolicLink(folder.resolve("iommu_group"), groupFolder);
        Files.createSymbolicLink(folder.resolve("physfn"), device(pf(pf)));
        Files.createSymbolicLink(device(pf(pf)).resolve("virtfn" + index), folder);
        bind(pf, index, "igbvf");
    }

    void bind(int pf, int index, String driver) throws IOException {
        Path link = device(vf(pf, index)).resolve("driver");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, root.resolve("sys/drivers/" + driver));
    }

    Path device(PciAddress address) {
        return devices.resolve(address.toString());
    }

    static void write(Path folder, String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text + "\n");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads VFIO support from the files of a libvirt host; only for a libvirt on this server's machine.
 *
 * @param root root of the file system
 */
record LocalVfioReader(Path root) {
    /** Source: Debian's AppArmor profile of libvirt, which includes the files of this folder. */
    private static final String DROP_INS = "etc/apparmor.d/abstractions/libvirt-qemu.d";

    boolean hasVfio() {
        return Files.exists(root.resolve("dev/vfio/vfio"));
    }

    /**
     * Whether VFIO may use interrupts: the kernel names remapped ones {@code IR-...}, and has a parameter to allow unsafe ones.
     * Empty if unreadable.
     */
    Optional<Boolean> hasInterruptRemapping() {
        Optional<String> unsafe = read("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
        return unsafe.filter(text -> text.strip().equals("Y")).isPresent()
                ? Optional.of(true)
                : read("proc/interrupts").map(table -> table.contains("IR-"));
    }

    /** Whether an AppArmor drop-in allows every QEMU of libvirt to open VFs. */
    boolean allowsVfs() {
        try (Stream<Path> files = Files.list(root.resolve(DROP_INS))) {
            return files.anyMatch(file -> read(DROP_INS + "/" + file.getFileName())
                    .filter(text -> text.contains("/dev/vfio/"))
                    .isPresent());
        } catch (IOException e) {
            return false;
        }
    }

    private Optional<String> read(String file) {
        try {
            return Optional.of(Files.readString(root.resolve(file)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}

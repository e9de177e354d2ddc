// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the files of a libvirt host tell of VFIO; only for a libvirt on the server's own machine.
 *
 * @param root of the file system
 */
record LocalVfioReader(Path root) {
    /** Source: Debian's profile of libvirt, which includes what is in this folder. */
    private static final String DROP_INS = "etc/apparmor.d/abstractions/libvirt-qemu.d";

    boolean hasVfio() {
        return Files.exists(root.resolve("dev/vfio/vfio"));
    }

    /**
     * Whether VFIO may take interrupts: the kernel names remapped ones {@code IR-...}, and can be told to do without.
     * Empty if that cannot be read.
     */
    Optional<Boolean> remapsInterrupts() {
        Optional<String> unsafe = read("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
        return unsafe.filter(text -> text.strip().equals("Y")).isPresent()
                ? Optional.of(true)
                : read("proc/interrupts").map(table -> table.contains("IR-"));
    }

    /** Whether a drop-in lets every QEMU of libvirt open VFs. */
    boolean letsQemuOpenVfs() {
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

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Optional;
import org.understudy.qemu.domain.Device.BlockBackend;

/** Builds the {@code -blockdev} nodes of a disk: file and format. */
final class BlockNodes {
    private BlockNodes() {}

    /** The name of the node that a disk uses. QEMU accepts at most 31 characters. */
    static String name(String disk) {
        String name = "img-" + disk;
        return name.length() <= 31 ? name : "img-" + Integer.toHexString(disk.hashCode());
    }

    static List<Options> of(String disk, BlockBackend b) {
        Options options = Options.of("driver", b.format())
                .add("node-name", name(disk))
                .add("read-only", b.readOnly() ? "on" : "off")
                .add("discard", b.discard())
                .add("detect-zeroes", b.detectZeroes());
        cache(options, "", b.cache());
        options.add("file.driver", b.blockDevice() ? "host_device" : "file")
                .add("file.filename", b.file())
                .add("file.discard", b.discard())
                .add("file.aio", b.io());
        cache(options, "file.", b.cache());
        return List.of(options);
    }

    private static void cache(Options options, String prefix, String cache) {
        if (cache.equals("default")) {
            return;
        }
        boolean direct = cache.equals("none") || cache.equals("directsync");
        options.add(prefix + "cache.direct", direct ? "on" : "off")
                .add(prefix + "cache.no-flush", cache.equals("unsafe") ? "on" : "off");
    }

    /** The guest-visible part of libvirt's cache mode; empty for QEMU's default. */
    static Optional<String> writeCache(BlockBackend b) {
        return switch (b.cache()) {
            case "default" -> Optional.empty();
            case "writethrough", "directsync" -> Optional.of("off");
            default -> Optional.of("on");
        };
    }
}

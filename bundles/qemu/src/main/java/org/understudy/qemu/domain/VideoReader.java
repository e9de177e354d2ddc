// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.understudy.qemu.domain.Device.Bus;
import org.understudy.qemu.domain.Device.Simple;

/** Reads {@code <video>}. */
final class VideoReader {
    private static final int KIB = 1024;
    // Source: qemuDomainDefaultVideoDevice and virDomainVideoDefaultRAM in libvirt.
    private static final int QXL_RAM = 64 * KIB;
    private static final int QXL_FRAME_BUFFER = 16 * KIB;
    private static final int QXL_MOST_HEADS = 16;

    private final DevicePlaces places;
    private final FindingCollector collector;
    private boolean hasVideo;

    VideoReader(DevicePlaces places, FindingCollector collector) {
        this.places = places;
        this.collector = collector;
    }

    /** Empty for {@code none}. */
    Optional<Device> read(StrictElement element) {
        Optional<StrictElement> found =
                element.child("model").filter(m -> m.attribute("type").isPresent());
        if (found.isEmpty()) {
            collector.incomplete(element.path(), "The video device has no model", "Add <model type='vga'/>.");
            return Optional.empty();
        }
        StrictElement model = found.get();
        model.choice("primary", "yes");
        String type = model.choice("type", "vga", "virtio", "qxl", "none");
        if (!type.equals("qxl")) {
            model.choice("heads", "1");
        }
        return switch (type) {
            case "vga" -> Optional.of(vga(element, model));
            case "virtio" -> Optional.of(device(element, "virtio-gpu-pci", "virtio-vga", List.of()));
            case "qxl" -> Optional.of(device(element, "qxl", "qxl-vga", qxl(model)));
            default -> Optional.empty();
        };
    }

    /** @param first the driver of the first video device, which is VGA compatible */
    private Device device(StrictElement element, String driver, String first, List<String> properties) {
        String chosen = hasVideo ? driver : first;
        hasVideo = true;
        return new Simple(places.of(element, "video", "pci"), chosen, Bus.PCI, properties);
    }

    private Device vga(StrictElement element, StrictElement model) {
        if (hasVideo) {
            collector.unsupported(
                    model.path() + "/@type", "vga", "Set type='virtio': only the first video device can be vga.");
        }
        List<String> memory = model.number("vram").stream()
                .flatMap(kib -> mebibytes(model, "vram", kib).stream().map(mib -> "vgamem_mb=" + mib))
                .toList();
        return device(element, "VGA", "VGA", memory);
    }

    /** Source: qemuBuildDeviceVideoCmd in libvirt. */
    private List<String> qxl(StrictElement model) {
        int heads = model.number("heads").orElse(1);
        if (heads < 1 || heads > QXL_MOST_HEADS) {
            collector.unsupported(
                    model.path() + "/@heads",
                    String.valueOf(heads),
                    "Set the attribute 'heads' to a number from 1 to " + QXL_MOST_HEADS + ".");
        }
        return Stream.of(
                        Stream.of("max_outputs=" + heads),
                        memory(model, "ram", QXL_RAM).map(mib -> "ram_size=" + mib * KIB * KIB),
                        memory(model, "vram", QXL_RAM).map(mib -> "vram_size=" + mib * KIB * KIB),
                        memory(model, "vram64", 0).map(mib -> "vram64_size_mb=" + mib),
                        memory(model, "vgamem", QXL_FRAME_BUFFER).map(mib -> "vgamem_mb=" + mib))
                .flatMap(options -> options)
                .toList();
    }

    private Stream<Long> memory(StrictElement model, String attribute, int otherwise) {
        int kib = model.number(attribute).orElse(otherwise);
        return kib == 0 ? Stream.of(0L) : mebibytes(model, attribute, kib).stream();
    }

    private Optional<Long> mebibytes(StrictElement model, String attribute, int kib) {
        if (kib < KIB || kib % KIB != 0) {
            collector.unsupported(
                    model.path() + "/@" + attribute,
                    String.valueOf(kib),
                    "Use a multiple of 1024 (KiB), such as %s='16384'.".formatted(attribute));
            return Optional.empty();
        }
        return Optional.of((long) kib / KIB);
    }
}

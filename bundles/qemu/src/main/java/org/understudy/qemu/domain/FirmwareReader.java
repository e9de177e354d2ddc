// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Optional;
import org.understudy.qemu.domain.Domain.Firmware;

/** Reads the firmware of {@code <os>}. */
final class FirmwareReader {
    private final StrictElement os;
    private final FindingCollector collector;

    FirmwareReader(StrictElement os) {
        this.os = os;
        this.collector = os.collector();
    }

    Firmware read() {
        String auto = os.choice("firmware", "bios", "efi");
        Optional<StrictElement> nvram = os.child("nvram");
        nvram.ifPresent(n -> {
            n.choice("format", "raw");
            n.choice("templateFormat", "raw");
        });
        Optional<String> nvramFile = nvram.map(StrictElement::text).filter(s -> !s.isEmpty());
        Optional<String> template = nvram.flatMap(n -> n.attribute("template"));
        Optional<StrictElement> loader = os.child("loader");
        if (loader.isPresent()) {
            if (!loader.get().text().isEmpty()) {
                // Conditions for the choice of firmware; libvirt keeps them beside the firmware that it chose.
                os.ignoreChildren("firmware");
            }
            return loader(loader.get(), nvramFile, template);
        }
        template.ifPresent(t -> collector.unsupported("/domain/os/nvram/@template", t, "Add the <loader> as well."));
        if (auto.equals("efi")) {
            return new Firmware.AnyUefi(secureBoot(), nvramFile);
        }
        nvram.ifPresent(
                n -> collector.unsupported(n.path(), n.text(), "Remove <nvram>, or set firmware='efi' on <os>."));
        return new Firmware.Bios();
    }

    private Firmware loader(StrictElement loader, Optional<String> nvram, Optional<String> template) {
        loader.choice("type", "pflash");
        loader.choice("readonly", "yes");
        loader.choice("format", "raw");
        boolean secure = loader.flag("secure", false);
        if (loader.text().isEmpty()) {
            template.ifPresent(
                    t -> collector.unsupported("/domain/os/nvram/@template", t, "Add the <loader> as well."));
            return new Firmware.AnyUefi(secure ? Optional.of(true) : Optional.empty(), nvram);
        }
        return new Firmware.Uefi(loader.text(), secure, nvram, template);
    }

    private Optional<Boolean> secureBoot() {
        Optional<Boolean> requested = Optional.empty();
        for (StrictElement feature :
                os.child("firmware").map(f -> f.children("feature")).orElse(List.of())) {
            boolean enabled = feature.flag("enabled", false);
            if (feature.choice("name", "secure-boot", "enrolled-keys").equals("secure-boot")) {
                requested = Optional.of(enabled);
            } else {
                collector.notice(
                        feature.path(),
                        "The feature enrolled-keys is ignored: the firmware package decides whether keys are enrolled");
            }
        }
        return requested;
    }
}

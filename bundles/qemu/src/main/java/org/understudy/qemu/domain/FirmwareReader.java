// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Optional;
import org.understudy.qemu.domain.Domain.Firmware;
import org.understudy.qemu.domain.Domain.FlashFormats;

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
        Optional<StrictElement> loader = os.child("loader");
        if (loader.filter(l -> !l.text().isEmpty()).isEmpty()) {
            nvram.ifPresent(n -> formatOfVariables(n, "raw", "raw"));
        }
        Optional<String> nvramFile = nvram.map(StrictElement::text).filter(s -> !s.isEmpty());
        Optional<String> template = nvram.flatMap(n -> n.attribute("template"));
        if (loader.isPresent()) {
            if (!loader.get().text().isEmpty()) {
                // Conditions for the choice of firmware; libvirt keeps them beside the firmware that it chose.
                os.ignoreChildren("firmware");
            }
            return loader(loader.get(), nvram, nvramFile, template);
        }
        template.ifPresent(t -> collector.unsupported("/domain/os/nvram/@template", t, "Add the <loader> as well."));
        if (auto.equals("efi")) {
            return new Firmware.AnyUefi(secureBoot(), nvramFile);
        }
        nvram.ifPresent(
                n -> collector.unsupported(n.path(), n.text(), "Remove <nvram>, or set firmware='efi' on <os>."));
        return new Firmware.Bios();
    }

    private Firmware loader(
            StrictElement loader,
            Optional<StrictElement> variables,
            Optional<String> nvram,
            Optional<String> template) {
        loader.choice("type", "pflash");
        loader.choice("readonly", "yes");
        boolean secure = loader.flag("secure", false);
        if (loader.text().isEmpty()) {
            loader.choice("format", "raw");
            template.ifPresent(
                    t -> collector.unsupported("/domain/os/nvram/@template", t, "Add the <loader> as well."));
            return new Firmware.AnyUefi(secure ? Optional.of(true) : Optional.empty(), nvram);
        }
        String format = loader.choice("format", "raw", "qcow2");
        String formatOfVariables =
                variables.map(v -> formatOfVariables(v, format, "raw", "qcow2")).orElse(format);
        return new Firmware.Uefi(loader.text(), secure, nvram, template, new FlashFormats(format, formatOfVariables));
    }

    /** The variables have the format of the code by default. They are copied from the template as it is. */
    private static String formatOfVariables(StrictElement nvram, String whenAbsent, String... supported) {
        String format = nvram.attribute("format").isEmpty() ? whenAbsent : nvram.choice("format", supported);
        if (nvram.attribute("templateFormat").isPresent()) {
            nvram.choice("templateFormat", format);
        }
        return format;
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

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.Layout;
import org.understudy.api.xml.XmlElement;

/**
 * Rule 11: the primary has no option ROM. A ROM is a memory block that migrates. The destination lacks it while the
 * primary is unplugged, and fails with "Unknown ramblock". The guest loses nothing, because its firmware never sees a
 * primary.
 *
 * <p>Source: libvirt, qemuBuildRomProps; QEMU, pci_add_option_rom, which refuses a hot-plugged device that has a ROM
 * file and no ROM BAR. So {@code bar='off'} is enough only without a file.
 */
final class RomRule implements Rule {
    @Override
    public void check(LintSubject subject, Consumer<Finding> findings) {
        withRom(subject).forEach(primary -> {
            boolean certain = hasFile(primary) || PrimarySource.of(subject, primary) == PrimarySource.EMULATED;
            findings.accept(Finding.of(
                            FindingCode.OPTION_ROM_ON,
                            subject.subject(primary),
                            primary.title()
                                    + rom(primary)
                                    + (certain
                                            ? "; migration fails with an option ROM"
                                            : "; if the VF has an option ROM, migration fails"),
                            "Add <rom enabled='no'/> to the primary.")
                    .withFix()
                    .as(certain ? Severity.ERROR : Severity.WARNING));
        });
    }

    private static Stream<NicElement> withRom(LintSubject subject) {
        return subject.primaries().stream()
                .filter(primary -> PrimarySource.of(subject, primary) != PrimarySource.UNSUITABLE)
                .filter(primary -> !isOff(primary, PrimarySource.of(subject, primary)));
    }

    private static boolean isOff(NicElement primary, PrimarySource primarySource) {
        Optional<XmlElement> rom = primary.xml().child("rom");
        boolean disabled =
                rom.filter(r -> r.attributeOr("enabled", "").equals("no")).isPresent();
        boolean barOff = rom.filter(r -> r.attributeOr("bar", "").equals("off")).isPresent();
        return disabled || barOff && !hasFile(primary) && primarySource != PrimarySource.EMULATED;
    }

    private static boolean hasFile(NicElement primary) {
        return primary.xml()
                .childAttribute("rom", "file")
                .filter(file -> !file.isEmpty())
                .isPresent();
    }

    private static String rom(NicElement primary) {
        return primary.xml()
                .childAttribute("rom", "file")
                .map(file -> " has the option ROM " + DisplayText.quoted(file))
                .orElse(" does not have <rom enabled='no'/>");
    }

    @Override
    public void fix(LintSubject subject, Edits edits) {
        withRom(subject).forEach(primary -> {
            Optional<XmlElement> rom = primary.xml().child("rom");
            if (rom.isPresent()) {
                disable(rom.get(), edits);
            } else {
                XmlElement teaming = primary.xml().child("teaming").orElseThrow();
                String space = new Layout(subject.document()).spaceBefore(teaming);
                edits.insert(teaming.end(), space + "<rom enabled='no'/>");
            }
        });
    }

    /** libvirt refuses {@code bar} and {@code file} beside {@code enabled='no'}. */
    private static void disable(XmlElement rom, Edits edits) {
        edits.attribute(rom, "enabled", "no");
        rom.attributeAt("bar").ifPresent(edits::remove);
        rom.attributeAt("file").ifPresent(edits::remove);
    }
}

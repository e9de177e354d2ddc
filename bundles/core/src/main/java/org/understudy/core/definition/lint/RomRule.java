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
 * Rule 11: the primary has no option ROM. A ROM is a block of memory that migrates; the destination does not have it
 * while the primary is unplugged, and says "Unknown ramblock". Nothing is lost: the guest's firmware never sees a
 * primary.
 *
 * <p>Source: libvirt's qemuBuildRomProps; QEMU's pci_add_option_rom, which refuses a hot-plugged device that has a ROM
 * file and no ROM BAR, so that {@code bar='off'} is enough only where there is no file.
 */
final class RomRule implements Rule {
    @Override
    public void judge(LintSubject subject, Consumer<Finding> to) {
        withRom(subject).forEach(primary -> {
            boolean certain = hasFile(primary) || PrimarySource.of(subject, primary) == PrimarySource.EMULATED;
            to.accept(Finding.of(
                            FindingCode.OPTION_ROM_ON,
                            subject.subject(primary),
                            primary.label()
                                    + found(primary)
                                    + (certain ? "; migration fails with it" : "; if the VF has one, migration fails"),
                            "Write <rom enabled='no'/>.")
                    .withFix()
                    .as(certain ? Severity.ERROR : Severity.WARNING));
        });
    }

    private static Stream<NicElement> withRom(LintSubject subject) {
        return subject.primaries().stream()
                .filter(primary -> PrimarySource.of(subject, primary) != PrimarySource.UNFIT)
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

    private static String found(NicElement primary) {
        return primary.xml()
                .childAttribute("rom", "file")
                .map(file -> " has the option ROM " + DisplayText.quoted(file))
                .orElse(" does not say <rom enabled='no'/>");
    }

    @Override
    public void mend(LintSubject subject, Edits edits) {
        withRom(subject).forEach(primary -> {
            Optional<XmlElement> rom = primary.xml().child("rom");
            if (rom.isPresent()) {
                turnOff(rom.get(), edits);
            } else {
                XmlElement teaming = primary.xml().child("teaming").orElseThrow();
                String space = new Layout(subject.document()).spaceBefore(teaming);
                edits.insert(teaming.end(), space + "<rom enabled='no'/>");
            }
        });
    }

    /** libvirt refuses {@code bar} and {@code file} beside {@code enabled='no'}. */
    private static void turnOff(XmlElement rom, Edits edits) {
        edits.attribute(rom, "enabled", "no");
        rom.attributeAt("bar").ifPresent(edits::remove);
        rom.attributeAt("file").ifPresent(edits::remove);
    }
}

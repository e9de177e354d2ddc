// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.xml.MemoryXml;
import org.understudy.api.xml.XmlElement;

/** Rule 20: VFIO can lock the memory of the guest. Source: libvirt, qemuDomainGetMemLockLimitBytes. */
final class MemoryRules {
    /** QEMU itself needs memory beyond that of the guest, and VFIO locks ROMs and video memory too. */
    private static final long LEAST_OF_QEMU = 64L << 20;

    private MemoryRules() {}

    static List<Rule> all() {
        return List.of(MemoryRules::cachingMode, MemoryRules::limit);
    }

    /** Source: QEMU, vtd_iommu_notify_flag_changed: device assignment needs caching-mode=on. */
    private static void cachingMode(LintSubject subject, Consumer<Finding> findings) {
        boolean lacksMode = viommus(subject).stream()
                .filter(iommu -> iommu.attributeOr("model", "").equals("intel"))
                .anyMatch(iommu -> iommu.childAttribute("driver", "caching_mode")
                        .filter("on"::equals)
                        .isEmpty());
        if (lacksMode && vfs(subject) > 0) {
            findings.accept(Finding.of(
                    FindingCode.VIOMMU_WITHOUT_CACHING_MODE,
                    subject.vm(),
                    subject.vmTitle() + " has a VF and a virtual IOMMU without caching mode, so QEMU refuses the VF",
                    "Set <driver caching_mode='on'/> in <iommu>, or remove <iommu>."));
        }
    }

    /** With a virtual IOMMU each VF has an address space of its own, for which VFIO locks the memory again. */
    private static void limit(LintSubject subject, Consumer<Finding> findings) {
        XmlElement domain = subject.document().root();
        OptionalLong limit = domain.child("memtune")
                .flatMap(tune -> tune.child("hard_limit"))
                .map(MemoryXml::bytes)
                .orElse(OptionalLong.empty());
        OptionalLong memory = domain.child("memory").map(MemoryXml::bytes).orElse(OptionalLong.empty());
        long vfs = vfs(subject);
        if (limit.isEmpty() || memory.isEmpty() || vfs == 0) {
            return;
        }
        long copies = viommus(subject).isEmpty() ? 1 : vfs;
        // Divided: a product can be out of range.
        if (limit.getAsLong() / copies - LEAST_OF_QEMU < memory.getAsLong()) {
            findings.accept(Finding.of(
                    FindingCode.MEMORY_LIMIT_TOO_LOW,
                    subject.vm(),
                    subject.vmTitle() + " has a memory limit of " + mebibytes(limit)
                            + " MiB, but VFIO locks its memory of " + mebibytes(memory) + " MiB"
                            + (copies > 1 ? " for each of " + copies + " VFs" : ""),
                    "Raise <hard_limit> above the locked memory by at least 1 GiB, or remove it."));
        }
    }

    private static long mebibytes(OptionalLong bytes) {
        return bytes.getAsLong() >> 20;
    }

    private static List<XmlElement> viommus(LintSubject subject) {
        return subject.devices().stream().filter(device -> device.is("iommu")).toList();
    }

    private static long vfs(LintSubject subject) {
        return subject.primaries().stream()
                .map(primary -> PrimarySource.of(subject, primary))
                .filter(source -> source == PrimarySource.PASSED_THROUGH || source == PrimarySource.UNKNOWN)
                .count();
    }
}

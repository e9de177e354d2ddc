// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Severity;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.api.xml.PlatformXml;
import org.understudy.core.definition.BrokenVersions.Migrant;
import org.understudy.core.definition.BrokenVersions.Role;

class BrokenVersionsTest {
    private static final HostName HOST = new HostName("a");
    private static final String HEALTHY_QEMU = "10.0.0";
    private static final String HEALTHY_LIBVIRT = "11.5.0";

    private static HostFacts facts(String libvirt, String qemu, String accelerator) {
        return new HostFacts(
                "libvirt",
                "",
                Optional.of(version(qemu)),
                Optional.of(version(libvirt)),
                Optional.of(accelerator),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                List.of());
    }

    private static Version version(String text) {
        String[] parts = text.split("\\.");
        return new Version(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    private static Migrant vm(String type, String memory, boolean hasVf) {
        return new Migrant(
                PlatformXml.read("<domain type='" + type + "'><name>web1</name><memory unit='KiB'>" + memory
                        + "</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"),
                hasVf);
    }

    @ParameterizedTest
    @CsvSource({
        "10.10.0, ''",
        "11.0.0, 11.5",
        "11.4.0, 11.5",
        "11.4.999, 11.5",
        "11.5.0, ''",
        "12.0.0, ''",
        "12.1.0, 12.2",
        "12.1.999, 12.2",
        "12.2.0, ''"
    })
    void reportsBrokenVersionsOfLibvirtWithTheVersionToUpdateTo(String libvirt, String update) {
        List<Finding> findings = BrokenVersions.of(HOST, facts(libvirt, HEALTHY_QEMU, "kvm"));

        assertThat(findings).hasSize(update.isEmpty() ? 0 : 1).allSatisfy(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.VERSION_BROKEN);
            assertThat(f.severity()).isEqualTo(Severity.WARNING);
            assertThat(f.subject()).isEqualTo("host a");
            assertThat(f.message()).startsWith("Host a has libvirt " + libvirt + ": ");
            assertThat(f.remedy()).contains("to " + update + " or newer");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "7.2.22, tcg, TCG",
        "8.2.999, tcg, TCG",
        "8.2.999, kvm, ''",
        "9.0.0, tcg, ''",
        "11.0.999, kvm, ''",
        "11.1.0, kvm, x-query-virtio-status",
        "11.1.2, tcg, x-query-virtio-status",
        "11.2.0, kvm, ''"
    })
    void reportsBrokenVersionsOfQemu(String qemu, String accelerator, String part) {
        List<Finding> findings = BrokenVersions.of(HOST, facts(HEALTHY_LIBVIRT, qemu, accelerator));

        assertThat(findings).hasSize(part.isEmpty() ? 0 : 1).allSatisfy(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.VERSION_BROKEN);
            assertThat(f.severity()).isEqualTo(Severity.NOTICE);
            assertThat(f.message()).startsWith("Host a has QEMU " + qemu + ": ").contains(part);
            assertThat(f.remedy()).isNotEmpty();
        });
    }

    @Test
    void reportsNothingAboutUnknownVersions() {
        HostFacts unknown = new HostFacts(
                "libvirt",
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.of("tcg"),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                List.of());

        assertThat(BrokenVersions.of(HOST, unknown)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "11.3.0, SOURCE, true, 0",
        "11.3.0, DESTINATION, false, 1",
        "12.1.0, SOURCE, true, 1",
        "12.1.0, DESTINATION, true, 1",
        "12.1.0, DESTINATION, false, 0"
    })
    void warnsBeforeAMigrationThatADefectOfLibvirtAffects(String libvirt, Role role, boolean hasVf, int findings) {
        assertThat(BrokenVersions.of(HOST, facts(libvirt, HEALTHY_QEMU, "kvm"), role, vm("kvm", "1048576", hasVf)))
                .hasSize(findings)
                .allMatch(f -> f.severity() == Severity.WARNING);
    }

    @ParameterizedTest
    @CsvSource({
        "7.2.22, tcg, kvm, 1048576, 1",
        "7.2.22, kvm, qemu, 1048576, 1",
        "7.2.22, kvm, kvm, 1048576, 0",
        "7.2.22, tcg, qemu, 1048584, 0",
        "7.2.22, tcg, qemu, 1048832, 1",
        "9.0.0, tcg, qemu, 1048576, 0",
        "11.1.2, kvm, kvm, 1048576, 0"
    })
    void warnsBeforeAnEmulatedVmLosesMemory(String qemu, String accelerator, String type, String memory, int findings) {
        HostFacts facts = facts(HEALTHY_LIBVIRT, qemu, accelerator);

        assertThat(BrokenVersions.of(HOST, facts, Role.SOURCE, vm(type, memory, true)))
                .hasSize(findings)
                .allMatch(f -> f.severity() == Severity.WARNING && f.message().contains("TCG"));
        assertThat(BrokenVersions.of(HOST, facts, Role.DESTINATION, vm(type, memory, true)))
                .isEmpty();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformXmlTest {
    private static PlatformXml read(String definition) {
        return PlatformXml.of(DomainDocument.parse(definition));
    }

    private static PlatformXml machine(String arch, String machine) {
        return read("<domain type='kvm'><os><type arch='%s' machine='%s'>hvm</type></os></domain>"
                .formatted(arch, machine));
    }

    @Test
    void readsThePlatform() {
        PlatformXml platform = machine("x86_64", "pc-q35-7.2");

        assertThat(platform.hypervisor()).contains("kvm");
        assertThat(platform.arch()).isEqualTo("x86_64");
        assertThat(platform.machine()).contains("pc-q35-7.2");
        assertThat(platform.isQemu() && platform.isX86() && platform.isQ35()).isTrue();
        assertThat(platform.isVirt() || platform.isVirtArch()).isFalse();
    }

    @Test
    void hasNoValuesForAnEmptyDefinition() {
        PlatformXml platform = read("<domain/>");

        assertThat(platform)
                .isEqualTo(new PlatformXml(
                        Optional.empty(), Optional.empty(), "", Optional.empty(), OptionalLong.empty()));
        assertThat(platform.isQemu() || platform.isX86() || platform.isQ35() || platform.isVirt())
                .isFalse();
    }

    @Test
    void isEmptyForInvalidXml() {
        assertThat(PlatformXml.read("<domain>")).isEmpty();
        assertThat(PlatformXml.read("<domain type='kvm'/>").flatMap(PlatformXml::hypervisor))
                .contains("kvm");
    }

    @ParameterizedTest
    @CsvSource({"q35,true", "pc-q35-9.0,true", "pc,false", "pc-i440fx-7.2,false", "xq35,false"})
    void recognizesQ35(String machine, boolean q35) {
        assertThat(machine("x86_64", machine).isQ35()).isEqualTo(q35);
    }

    @ParameterizedTest
    @CsvSource({"virt,true", "virt-7.2,true", "virtual,false", "sbsa-ref,false"})
    void recognizesVirt(String machine, boolean virt) {
        assertThat(machine("aarch64", machine).isVirt()).isEqualTo(virt);
    }

    @ParameterizedTest
    @CsvSource({
        "KiB,2048",
        "k,2048",
        "KB,2000",
        "b,2",
        "bytes,2",
        "M,2097152",
        "MiB,2097152",
        "MB,2000000",
        "GiB,2147483648",
        "gb,2000000000",
        "TiB,2199023255552"
    })
    void readsMemoryInEveryUnitOfLibvirt(String unit, long bytes) {
        assertThat(read("<domain><memory unit='%s'> 2 </memory></domain>".formatted(unit))
                        .memoryBytes())
                .hasValue(bytes);
    }

    @Test
    void readsMemoryWithoutAUnitAsKibibytes() {
        assertThat(read("<domain><memory>131072</memory></domain>").memoryBytes())
                .hasValue(134217728L);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<memory unit='parsec'>1</memory>",
                "<memory unit=''>1</memory>",
                "<memory unit='iB'>1</memory>",
                "<memory unit='EiB'>18446744073709551615</memory>",
                "<memory>-1</memory>",
                "<memory>much</memory>",
                "<memory/>"
            })
    void ignoresUnreadableMemory(String memory) {
        assertThat(read("<domain>" + memory + "</domain>").memoryBytes()).isEmpty();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

class FirmwareCatalogTest {
    @TempDir
    Path folder;

    private FirmwareCatalog catalog;
    private Path nvram;

    @BeforeEach
    void describeFirmware() throws IOException {
        Files.writeString(folder.resolve("vars.fd"), "template");
        describe("40-secure.json", "secure.fd", "\"secure-boot\", \"requires-smm\"", "pc-q35-*");
        describe("60-plain.json", "plain.fd", "\"acpi-s3\"", "pc-*");
        catalog = new FirmwareCatalog(folder);
        nvram = folder.resolve("nvram.fd");
    }

    private void describe(String name, String code, String features, String machines) throws IOException {
        Files.writeString(folder.resolve(code), "code");
        Files.writeString(folder.resolve(name), """
                {"interface-types": ["uefi"],
                 "mapping": {"device": "flash",
                   "executable": {"filename": "%1$s/%2$s", "format": "raw"},
                   "nvram-template": {"filename": "%1$s/vars.fd", "format": "raw"}},
                 "targets": [{"architecture": "x86_64", "machines": ["%4$s"]}],
                 "features": [%3$s]}
                """.formatted(folder, code, features, machines));
    }

    @Test
    void selectsPlainFirmwareAndCopiesItsVariables() throws IOException {
        HostOverrides.Flash flash =
                catalog.flash(domain("firmware='efi'", ""), nvram).orElseThrow();
        assertThat(flash.code()).isEqualTo(folder.resolve("plain.fd"));
        assertThat(flash.secure()).isFalse();
        assertThat(Files.readString(nvram)).isEqualTo("template");
    }

    @Test
    void selectsSecureBootFirmwareIfRequested() {
        Domain domain = domain("firmware='efi'", "<firmware><feature enabled='yes' name='secure-boot'/></firmware>");
        HostOverrides.Flash flash = catalog.flash(domain, nvram).orElseThrow();
        assertThat(flash.code()).isEqualTo(folder.resolve("secure.fd"));
        assertThat(flash.secure()).isTrue();
    }

    @Test
    void keepsExistingVariables() throws IOException {
        Files.writeString(nvram, "mine");
        catalog.flash(domain("firmware='efi'", ""), nvram);
        assertThat(Files.readString(nvram)).isEqualTo("mine");
    }

    @Test
    void usesExplicitLoaderAndFindsItsTemplate() throws IOException {
        Path own = folder.resolve("own.fd");
        Domain domain = domain(
                "", "<loader readonly='yes' type='pflash'>" + folder + "/secure.fd</loader><nvram>" + own + "</nvram>");
        assertThat(catalog.flash(domain, nvram).orElseThrow().variables()).isEqualTo(own);
        assertThat(Files.readString(own)).isEqualTo("template");
    }

    @Test
    void findsTheTemplateOfALoaderInAnotherFormat() throws IOException {
        describe("50-qcow2.json", "own.qcow2", "", "pc-q35-*");
        Path description = folder.resolve("50-qcow2.json");
        Files.writeString(description, Files.readString(description).replace("raw", "qcow2"));
        Domain domain =
                domain("", "<loader readonly='yes' type='pflash' format='qcow2'>" + folder + "/own.qcow2</loader>");

        assertThat(catalog.flash(domain, nvram).orElseThrow().formats())
                .isEqualTo(new Domain.FlashFormats("qcow2", "qcow2"));
        assertThat(Files.readString(nvram)).isEqualTo("template");
    }

    @Test
    void usesNoFlashForBios() {
        assertThat(catalog.flash(domain("", ""), nvram)).isEmpty();
    }

    @Test
    void reportsMissingFirmware() {
        FirmwareCatalog empty = new FirmwareCatalog(folder.resolve("none"));
        Domain domain = domain("firmware='efi'", "");
        assertThat(empty.has(domain, "pc-q35-7.2")).isFalse();
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> empty.flash(domain, nvram))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.QEMU_START_FAILED));
    }

    private static Domain domain(String attribute, String elements) {
        return DefinitionReader.read("""
                <domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory>
                <os %s><type machine='pc-q35-7.2'>hvm</type>%s</os><devices/></domain>""".formatted(attribute, elements)).domain();
    }
}

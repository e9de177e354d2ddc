// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.qemu.qmp.QemuMachineType;
import org.understudy.qemu.qmp.RealQemu;

@Timeout(60)
class AcceleratorProbeTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    static Stream<Path> binaries() {
        return RealQemu.binaries();
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void completesTestBootUnderTcg(Path binary) {
        assertThat(new BootProbe("max", LIMIT).failure(binary, "tcg", QemuUser.self()))
                .isEmpty();
    }

    /** An interpreting KVM runs about one instruction per microsecond. */
    @Test
    void namesStageOfGuestThatIsTooSlow() throws IOException {
        Path slow = binary("exec %s -icount shift=10,align=on,sleep=on \"$@\"".formatted(RealQemu.system()));

        assertThat(new BootProbe("max", Duration.ofSeconds(3)).failure(slow, "tcg", QemuUser.self()))
                .hasValueSatisfying(
                        why -> assertThat(why).contains("the guest hung").contains("SSE2 in kernel mode"));
    }

    @Test
    void runsTestBootAsUserOfTheVms() {
        assertThat(new BootProbe("max", LIMIT).failure(RealQemu.system(), "tcg", otherUser()))
                .isEmpty();
    }

    @Test
    void matchesAssembledSource() throws Exception {
        Path object = folder.resolve("o");
        Path image = folder.resolve("image");
        run("as", "--64", "src/main/asm/boot-proof.S", "-o", object.toString());
        run("ld", "-Ttext=0xf0000", "-e", "0", "--oformat", "binary", object.toString(), "-o", image.toString());

        assertThat(Files.readAllBytes(image)).isEqualTo(BootFirmware.code());
    }

    /** Depending on this machine, KVM works, or a finding names the cause. */
    @ParameterizedTest
    @ValueSource(strings = {"max", "qemu64"})
    void reportsCauseUnlessKvmBoots(String cpu) {
        Accelerator accelerator = new AcceleratorProbe(Path.of("/"), folder, new BootProbe(cpu, LIMIT))
                .choose(RealQemu.system(), capabilities(Set.of("kvm", "tcg"), "q35"), QemuUser.self());

        assertThat(accelerator.name().equals("kvm"))
                .isEqualTo(accelerator.fallback().isEmpty());
        accelerator.fallback().ifPresent(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.ACCELERATOR_FALLBACK);
            assertThat(f.remedy()).isNotEmpty();
        });
    }

    @Test
    void fallsBackIfQemuHasNoKvm() {
        assertThat(fallback(QemuUser.self(), capabilities(Set.of("tcg"), "q35")).message())
                .contains("built without KVM");
    }

    @Test
    void fallsBackIfNoTestBootExists() {
        Finding finding = fallback(QemuUser.self(), capabilities(Set.of("tcg", "kvm"), "virt"));

        assertThat(finding.message()).contains("no test boot exists");
        assertThat(finding.remedy()).contains("accelerator: kvm");
    }

    @Test
    void fallsBackIfDeviceDoesNotExist() {
        assertThat(fallback(QemuUser.self(), capabilities(Set.of("tcg", "kvm"), "q35"))
                        .message())
                .contains("/dev/kvm does not exist");
    }

    @Test
    void namesGroupIfUserHasNoAccessToDevice() throws IOException {
        makeDevice("---------");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));

        Finding finding = fallback(otherUser(), capabilities(Set.of("tcg", "kvm"), "q35"));

        assertThat(finding.message()).contains("may not read and write /dev/kvm");
        assertThat(finding.remedy()).contains("group 'kvm'");
    }

    @Test
    void reportsOutputOfQemuThatCannotUseKvm() throws IOException {
        makeDevice("rw-rw-rw-");
        Path binary = binary("echo failed to set MSR 0x10a >&2; exit 1");

        Accelerator accelerator = probe().choose(binary, capabilities(Set.of("tcg", "kvm"), "q35"), QemuUser.self());

        assertThat(accelerator.name()).isEqualTo("tcg");
        assertThat(accelerator.fallback().orElseThrow().message()).contains("failed to set MSR 0x10a");
    }

    @Test
    void runsTestBootOncePerBootAndBinary() throws IOException {
        makeDevice("rw-rw-rw-");
        Path bootId = folder.resolve("proc/sys/kernel/random/boot_id");
        Files.createDirectories(bootId.getParent());
        Files.writeString(bootId, "one\n");
        Path tcgCalledKvm = binary("echo x >> '%s'; exec %s $(echo \"$@\" | sed 's/-accel kvm/-accel tcg/')"
                .formatted(folder.resolve("starts"), RealQemu.system()));
        BinaryCapabilities capabilities = capabilities(Set.of("tcg", "kvm"), "q35");

        for (int i = 0; i < 3; i++) {
            assertThat(probe().choose(tcgCalledKvm, capabilities, QemuUser.self())
                            .name())
                    .isEqualTo("kvm");
        }
        assertThat(Files.readAllLines(folder.resolve("starts"))).hasSize(1);
        Files.writeString(bootId, "two\n");
        probe().choose(tcgCalledKvm, capabilities, QemuUser.self());
        assertThat(Files.readAllLines(folder.resolve("starts"))).hasSize(2);
    }

    @Test
    void cachesFailureOnlyInMemory() throws IOException {
        makeDevice("rw-rw-rw-");
        Path binary = binary("echo x >> '%s'; exit 1".formatted(folder.resolve("starts")));
        BinaryCapabilities capabilities = capabilities(Set.of("tcg", "kvm"), "q35");
        AcceleratorProbe probe = probe();

        probe.choose(binary, capabilities, QemuUser.self());
        probe.choose(binary, capabilities, QemuUser.self());
        assertThat(Files.readAllLines(folder.resolve("starts"))).hasSize(1);
        probe().choose(binary, capabilities, QemuUser.self());
        assertThat(Files.readAllLines(folder.resolve("starts"))).hasSize(2);
    }

    /** The user nobody if this test runs as root; otherwise the same user through another command. */
    private static QemuUser otherUser() {
        if (!System.getProperty("user.name").equals("root")) {
            return new QemuUser(List.of("env"), Optional.empty());
        }
        try {
            UserPrincipal nobody =
                    FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
            return new QemuUser(
                    List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"),
                    Optional.of(nobody));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Finding fallback(QemuUser user, BinaryCapabilities capabilities) {
        Accelerator accelerator = probe().choose(RealQemu.system(), capabilities, user);
        assertThat(accelerator.name()).isEqualTo("tcg");
        return accelerator.fallback().orElseThrow();
    }

    private AcceleratorProbe probe() {
        return new AcceleratorProbe(folder, folder.resolve("cache"));
    }

    private void makeDevice(String mode) throws IOException {
        Files.createDirectories(folder.resolve("dev"));
        Path device = Files.writeString(folder.resolve("dev/kvm"), "");
        Files.setPosixFilePermissions(device, PosixFilePermissions.fromString(mode));
    }

    private Path binary(String body) throws IOException {
        Path script = Files.writeString(folder.resolve("binary"), "#!/bin/sh\n" + body + "\n");
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static BinaryCapabilities capabilities(Set<String> accelerators, String machine) {
        return new BinaryCapabilities(
                new Version(7, 2, 0),
                List.of(new QemuMachineType(machine, "", false, false)),
                Set.of(),
                true,
                Set.of(),
                accelerators,
                true,
                Set.of(),
                true,
                List.of());
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}

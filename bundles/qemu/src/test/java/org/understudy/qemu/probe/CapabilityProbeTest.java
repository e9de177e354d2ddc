// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.qmp.RealQemu;

@Timeout(60)
class CapabilityProbeTest {
    /** The results of probes that the tests only read. */
    private static final Map<Path, BinaryCapabilities> PROBED = new HashMap<>();

    @TempDir
    static Path probes;

    @TempDir
    Path folder;

    static BinaryCapabilities probed(Path binary) {
        return PROBED.computeIfAbsent(
                binary, b -> new CapabilityProbe(probes.resolve(Integer.toString(PROBED.size()))).probe(b));
    }

    static Stream<Path> binaries() {
        return RealQemu.binaries();
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void queriesCapabilitiesOfRealQemu(Path binary) {
        BinaryCapabilities found = probed(binary);

        assertThat(found.version().atLeast(4, 2)).isTrue();
        assertThat(found.machineNames().get("q35")).startsWith("pc-q35-");
        assertThat(found.machineNames())
                .containsEntry(
                        found.machineNames().get("q35"), found.machineNames().get("q35"));
        assertThat(found.failover()).isTrue();
        assertThat(found.primaryModels()).contains("e1000e", "vfio-pci");
        assertThat(found.primaryModels().contains("igb"))
                .isEqualTo(found.version().atLeast(8, 0));
        assertThat(found.accelerators()).contains("tcg", "kvm");
        assertThat(found.sandbox()).isTrue();
        assertThat(found.migrationCapabilities()).contains("pause-before-switchover", "multifd");
        assertThat(found.missing()).isEmpty();
    }

    @Test
    void listsDevicesOfSystemQemu() {
        assertThat(probed(RealQemu.system()).devices()).contains("virtio-net-pci", "pcie-root-port", "isa-serial");
    }

    /** QEMU 11.1.2 has the command and aborts on it. */
    @ParameterizedTest
    @MethodSource("binaries")
    void offersVirtioStatusOnlyIfQemuSurvivesIt(Path binary) {
        BinaryCapabilities found = probed(binary);

        boolean known = found.version().atLeast(7, 2) && !found.version().atLeast(11, 1);
        assertThat(found.virtioStatus()).isEqualTo(known);
    }

    @Test
    void queriesBinaryOnlyOnce() throws IOException {
        Path counting = countingBinary();

        CapabilityProbe probe = new CapabilityProbe(folder.resolve("cache"));
        BinaryCapabilities first = probe.probe(counting);
        long starts = starts();
        assertThat(probe.probe(counting)).isEqualTo(first);
        assertThat(new CapabilityProbe(folder.resolve("cache")).probe(counting)).isEqualTo(first);

        assertThat(starts()).isEqualTo(starts);
    }

    @Test
    void queriesAgainAfterBinaryChanged() throws IOException {
        Path counting = countingBinary();
        new CapabilityProbe(folder.resolve("cache")).probe(counting);
        long starts = starts();

        Files.writeString(counting, Files.readString(counting) + "# changed\n");
        new CapabilityProbe(folder.resolve("cache")).probe(counting);

        assertThat(starts()).isEqualTo(2 * starts);
    }

    @Test
    void queriesAgainIfCacheFileIsCorrupt() throws IOException {
        Path cache = folder.resolve("cache");
        BinaryCapabilities first = probed(RealQemu.system());
        new CapabilityProbe(cache).probe(RealQemu.system());
        for (String broken : List.of("", "{\"key\": \"tru")) {
            try (Stream<Path> files = Files.list(cache)) {
                for (Path file : files.toList()) {
                    Files.writeString(file, broken);
                }
            }
            assertThat(new CapabilityProbe(cache).probe(RealQemu.system())).isEqualTo(first);
        }
    }

    @Test
    void queriesAgainIfCacheFileHasOtherContent() throws IOException {
        ProbeCache cache = new ProbeCache(folder);
        cache.store("name", "key", List.of(1));

        assertThat(new ProbeCache(folder).find("name", "key", BinaryCapabilities.class))
                .isEmpty();
        assertThat(new ProbeCache(folder).find("name", "other key", List.class)).isEmpty();
        assertThat(new ProbeCache(folder).find("name", "key", List.class)).contains(List.of(1));
    }

    @Test
    void returnsResultIfCacheFolderIsNotWritable() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThat(new CapabilityProbe(file).probe(RealQemu.system()).failover())
                .isTrue();
    }

    @Test
    void failsIfBinaryDoesNotExist() {
        assertFails(folder.resolve("nothing"), ErrorCode.QEMU_START_FAILED, "nothing");
    }

    @Test
    void failsIfBinaryIsNotExecutable() throws IOException {
        assertFails(Files.writeString(folder.resolve("text"), "x"), ErrorCode.QEMU_START_FAILED, "text");
    }

    @Test
    void reportsOutputOfBinaryThatFailsToStart() throws IOException {
        assertFails(script("echo libaio.so.1: cannot open >&2; exit 127"), ErrorCode.QEMU_START_FAILED, "libaio.so.1");
    }

    @Test
    void removesItsFolders() throws IOException {
        Set<Path> before = probeFolders();
        new CapabilityProbe(folder).probe(RealQemu.system());
        failsIfBinaryIsNotExecutable();
        Set<Path> left = probeFolders();
        left.removeAll(before);
        // Another process may run a probe at the same time.
        await().untilAsserted(() ->
                assertThat(left).allSatisfy(path -> assertThat(path).doesNotExist()));
    }

    private static Set<Path> probeFolders() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(f -> f.getFileName().toString().startsWith("understudy-probe"))
                    .collect(Collectors.toCollection(HashSet::new));
        }
    }

    private void assertFails(Path binary, ErrorCode code, String message) {
        assertThatThrownBy(() -> new CapabilityProbe(folder.resolve("cache")).probe(binary))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    private Path countingBinary() throws IOException {
        return script("echo x >> '%s'; exec %s \"$@\"".formatted(folder.resolve("starts"), RealQemu.system()));
    }

    private long starts() throws IOException {
        return Files.readAllLines(folder.resolve("starts")).size();
    }

    private Path script(String body) throws IOException {
        Path script = Files.writeString(folder.resolve("script"), "#!/bin/sh\n" + body + "\n");
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}

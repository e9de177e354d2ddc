// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/** A definition can contain passwords. */
class VmFolderTest {
    private static final String XML = "<domain><name>vm1</name></domain>";

    @TempDir
    Path directory;

    private VmFolder folder;

    @BeforeEach
    void open() {
        folder = new VmFolder(directory, new VmName("vm1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "../vm1", "a/b", "a b", "-vm", ".vm", "b\u00FCro", "a\nb"})
    void refusesANameThatIsNoFolderName(String name) {
        assertThatThrownBy(() -> new VmFolder(directory, new VmName(name)))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
                .hasMessageContaining("connector qemu");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void onlyTheServerCanReadTheFiles() throws IOException {
        folder.storeDefinition(XML);
        folder.beginRun(new RunRecord(RunRecord.Role.RUNNING, 1, 1, "tcg", "", Map.of()), XML);
        folder.storeIncomingDefinition(XML);

        try (Stream<Path> files = Files.list(folder.path()).filter(Files::isRegularFile)) {
            assertThat(files.map(VmFolderTest::mode)).hasSize(4).containsOnly("rw-------");
        }
        assertThat(mode(folder.qemuFolder())).isEqualTo("rwx------");
    }

    @Test
    void protectsFilesOfAnEarlierVersion() throws IOException {
        folder.create();
        Path definition = Files.writeString(folder.path().resolve("definition.xml"), XML);
        Path draft = Files.writeString(folder.path().resolve("live.xml.new"), XML);
        for (Path file : Set.of(definition, draft)) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }

        folder.create();
        folder.storeLiveDefinition(XML);

        assertThat(mode(definition)).isEqualTo("rw-------");
        assertThat(mode(folder.path().resolve("live.xml"))).isEqualTo("rw-------");
    }

    private static String mode(Path file) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

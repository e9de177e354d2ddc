// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeLibrariesTest {
    private static final Path BUILT = Path.of("target", "jni");

    /** Source of the numbers: {@code e_machine} in elf(5). */
    @ParameterizedTest
    @CsvSource({"x86_64, x86-64, 62", "aarch64, aarch64, 183"})
    void hasALibraryForEachArchitectureAndDeclaresIt(String name, String osgi, int machine) throws IOException {
        Path library = BUILT.resolve("native/linux-" + name + "/libusvfjni.so");
        assumeTrue(
                Files.exists(library) || "true".equals(System.getenv("CI")),
                "no compiler for " + name + "; ./understudy setup installs it");
        assertThat(Files.readString(BUILT.resolve("native.bnd")))
                .contains("native/linux-" + name + "/libusvfjni.so;osname=Linux;processor=" + osgi + ",");
        ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(library)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(elf.getShort(18)).isEqualTo((short) machine);
    }
}

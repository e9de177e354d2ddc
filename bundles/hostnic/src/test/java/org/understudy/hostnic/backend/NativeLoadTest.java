// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLoadTest {
    /** A class with two of the native methods; the library registers these before it fails on the third. */
    private static final String PROGRAM = """
            package %s;

            class Main {
                public static void main(String[] arguments) {
                    try {
                        System.loadLibrary("usvfjni");
                    } catch (NoSuchMethodError e) {
                        System.out.println("missing: " + e.getMessage());
                    }
                    try {
                        NativeVf.isPrivileged();
                    } catch (UnsatisfiedLinkError e) {
                        System.out.println("unregistered: " + e.getMessage());
                    }
                }
            }

            class NativeFailure extends RuntimeException {
                NativeFailure(int status, String message) {}
            }

            class NativeVf {
                static native boolean isPrivileged();

                static native byte[] inventory(String[] places);
            }
            """;

    @TempDir
    Path folder;

    @Test
    void aFailedLoadNamesTheMissingMethodAndLeavesNoneRegistered() throws IOException, InterruptedException {
        Path source = folder.resolve("Main.java");
        Path output = folder.resolve("output");
        Files.writeString(source, PROGRAM.formatted(NativeVf.class.getPackageName()));
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xcheck:jni",
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=" + folder.resolve("crash"),
                        "-Djava.library.path=" + System.getProperty("java.library.path"),
                        source.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(java.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(Files.readString(output, StandardCharsets.UTF_8))
                .containsPattern("missing: .*NativeVf\\.lease")
                .containsPattern("unregistered: .*isPrivileged")
                .doesNotContain("exception pending", "FATAL ERROR");
        assertThat(java.exitValue()).isZero();
    }
}

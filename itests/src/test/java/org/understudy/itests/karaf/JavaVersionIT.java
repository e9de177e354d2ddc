// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;

/** The check of the Java version, before Karaf starts. */
class JavaVersionIT {
    private static KarafServer server;

    @TempDir
    private Path java;

    @BeforeAll
    static void unpack() throws Exception {
        server = new KarafServer(Built.distribution());
    }

    @AfterAll
    static void remove() throws IOException {
        server.close();
    }

    /** Starts Karaf with a fake Java that prints its version and the command that it would run. */
    private String startWith(String version) throws Exception {
        Path command = Files.createDirectory(java.resolve("bin")).resolve("java");
        Files.writeString(command, """
                #!/bin/sh
                if [ "$1" = -version ]; then echo 'openjdk version "%s" 2026-01-20' >&2; exit 0; fi
                echo "started: $*"
                """.formatted(version));
        Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
        ProcessBuilder karaf =
                new ProcessBuilder(server.home.resolve("bin/karaf").toString(), "daemon");
        karaf.environment().put("JAVA_HOME", java.toString());
        karaf.environment().remove("JAVA");
        Process process = karaf.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() + ": " + said;
    }

    @ParameterizedTest
    @ValueSource(strings = {"24", "25.0.1", "26-ea", "11.0.2", "1.8.0_402"})
    void reportsAnUnsupportedJavaAndDoesNotStart(String version) throws Exception {
        assertThat(startWith(version))
                .startsWith("1: ")
                .contains("Karaf 4.4 runs on Java 17 to 23", "Remedy: set JAVA_HOME")
                .doesNotContain("started:");
    }

    @ParameterizedTest
    @ValueSource(strings = {"17.0.15", "21", "21.0.9", "23.0.2"})
    void startsOnASupportedJava(String version) throws Exception {
        assertThat(startWith(version)).contains("started:", "-Xmx256m", "org.apache.karaf.main.Main");
    }

    @Test
    void reportsAMissingJava() throws Exception {
        assertThat(startWith("none \" of your business")).startsWith("1: ").contains("does not run");
    }
}

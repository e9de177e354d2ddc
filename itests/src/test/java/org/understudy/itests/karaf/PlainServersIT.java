// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.itests.Built;

/** The bundles in plain frameworks, with the list of docs/servers.md: REST and console, with the login of a realm that is no Karaf's. */
@Tag("servers")
class PlainServersIT {
    private static final Path PLAIN = Built.target().resolve("servers/plain");
    /** Those are for Karaf. */
    private static final String KARAF_ONLY = ".*org\\.understudy\\.(shell|requirements)-.*";

    @TempDir
    private Path home;

    static Stream<Path> frameworks() throws IOException {
        try (Stream<Path> jars = Files.list(PLAIN.resolve("frameworks"))) {
            return jars.sorted().toList().stream();
        }
    }

    private Process start(Path framework, Path bundles) throws IOException {
        Path etc = Files.createDirectories(home.resolve("etc"));
        Files.writeString(etc.resolve("understudy.yaml"), """
                hosts: []
                security:
                  realm: site
                  role-classes: [%s]
                """.formatted(PlainLogin.SiteRole.class.getName()));
        Files.writeString(etc.resolve("login.conf"), "site { %s required; };%n".formatted(PlainLogin.class.getName()));
        String classes = framework
                + File.pathSeparator
                + PlainFramework.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .getPath();
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Dkaraf.etc=" + etc,
                        "-Dkaraf.data=" + home.resolve("data"),
                        "-Djava.security.auth.login.config=" + etc.resolve("login.conf"),
                        "-Dorg.apache.felix.http.host=127.0.0.1",
                        "-Dorg.osgi.service.http.port=8181",
                        "-cp",
                        classes,
                        PlainFramework.class.getName(),
                        home.resolve("framework").toString(),
                        bundles.toString())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("log").toFile())
                .start();
    }

    private Path bundles() throws IOException {
        Path folder = Files.createDirectories(home.resolve("bundles"));
        try (Stream<Path> jars = Files.list(PLAIN.resolve("bundles"))) {
            for (Path jar : Stream.concat(jars, Built.bundles().stream()).toList()) {
                if (!jar.toString().matches(KARAF_ONLY)) {
                    Files.copy(jar, folder.resolve(jar.getFileName()));
                }
            }
        }
        return folder;
    }

    @ParameterizedTest
    @MethodSource("frameworks")
    void serveRestAndConsole(Path framework) throws Exception {
        long start = System.nanoTime();
        Process process = start(framework, bundles());
        try {
            Rest rest = new Rest(8181, "admin", "once");
            try {
                await().atMost(Duration.ofSeconds(60))
                        .ignoreExceptions()
                        .until(() -> rest.get("/").statusCode() == 200
                                && rest.get("/api/v1/hosts").statusCode() == 200);
            } catch (RuntimeException e) {
                throw new AssertionError(Files.readString(home.resolve("log")), e);
            }
            assertThat(new Rest(8181, "admin", "wrong").get("/api/v1/hosts").statusCode())
                    .isEqualTo(401);
            Files.writeString(
                    ServersIT.RESULTS,
                    "| No Karaf | %s | %d | %.1f s | | |%n"
                            .formatted(
                                    framework.getFileName().toString().replace(".jar", ""),
                                    Runtime.version().feature(),
                                    (System.nanoTime() - start) / 1e9),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}

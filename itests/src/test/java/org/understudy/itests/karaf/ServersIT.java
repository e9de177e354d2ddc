// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.itests.Built;

/**
 * The KAR in servers that others built, with the settings that they are delivered with, in a network namespace that has nothing
 * but loopback. {@code ./understudy servers} downloads the servers, makes the namespace, and prints the results.
 */
@Tag("servers")
class ServersIT {
    private static final Path SERVERS = Built.target().resolve("servers");
    static final Path RESULTS = SERVERS.resolve("results");
    /** The port of every HTTP server of Karaf that is not configured otherwise. */
    private static final int HTTP_PORT = 8181;

    record Server(String name, Path archive, String framework) {
        @Override
        public String toString() {
            return name + " on " + framework;
        }
    }

    static Stream<Server> servers() throws IOException {
        try (Stream<Path> archives = Files.list(SERVERS)) {
            return archives.filter(archive -> archive.toString().endsWith(".tar.gz")).sorted().toList().stream()
                    .flatMap(archive -> Stream.of("felix", "equinox")
                            .map(framework -> new Server(
                                    archive.getFileName().toString().replace(".tar.gz", ""), archive, framework)));
        }
    }

    @BeforeAll
    static void checkNetwork() throws IOException {
        assertThat(NetworkInterface.networkInterfaces())
                .as("networks of the namespace")
                .allMatch(network -> network.getName().equals("lo"));
    }

    @ParameterizedTest
    @MethodSource("servers")
    void takesReplacesAndLosesTheKarWithoutAnEffectOnItsBundles(Server tested) throws Exception {
        try (KarafServer server = new KarafServer(tested.archive())) {
            server.replace("config.properties", "karaf.framework\\s*=.*", "karaf.framework=" + tested.framework());
            test(tested, server);
        }
    }

    private static void test(Server tested, KarafServer server) throws Exception {
        try (KarInServer kar = KarInServer.startAsConfigured(server, HTTP_PORT)) {
            Duration installed = KarInServer.timed(() -> {
                kar.drop(Built.kar());
                kar.awaitUnderstudy();
                kar.assertServerUntouched();
            });
            Duration replaced = KarInServer.timed(() -> {
                kar.drop(Built.kar());
                kar.awaitUnderstudy();
                kar.assertServerUntouched();
            });
            Duration removed = KarInServer.timed(() -> {
                kar.removeFile();
                kar.assertServerUntouched();
            });
            Files.writeString(
                    RESULTS,
                    "| %s | %s | %d | %.1f s | %.1f s | %.1f s |%n"
                            .formatted(
                                    tested.name(),
                                    tested.framework(),
                                    Runtime.version().feature(),
                                    seconds(installed),
                                    seconds(replaced),
                                    seconds(removed)),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        server.stop();
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}

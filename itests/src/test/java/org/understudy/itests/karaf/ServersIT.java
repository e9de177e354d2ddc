// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
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

    /** @param java folder of a Debian with another Java than that of the tests, whose name ends with the version */
    record Server(String name, String framework, Optional<String> java) {
        static Server parse(String line) {
            String[] parts = line.split(" ");
            return new Server(parts[0], parts[1], Stream.of(parts).skip(2).findFirst());
        }

        Path archive() {
            return SERVERS.resolve(name + ".tar.gz");
        }

        String javaVersion() {
            return java.map(folder -> folder.replace("java-", ""))
                    .orElse(String.valueOf(Runtime.version().feature()));
        }

        /** Runs a command with that Java; /tmp is that of this machine. */
        String[] wrapper() {
            return java.map(SERVERS::resolve)
                    .map(debian -> new String[] {
                        "unshare",
                        "--mount",
                        "sh",
                        "-ec",
                        "for f in dev proc tmp; do mount --bind /$f $0/$f; done; exec env -u JAVA_HOME chroot $0 \"$@\"",
                        debian.toString()
                    })
                    .orElse(new String[0]);
        }

        @Override
        public String toString() {
            return name + " on " + framework + ", Java " + javaVersion();
        }
    }

    static Stream<Server> servers() throws IOException {
        return Files.readAllLines(SERVERS.resolve("servers")).stream().map(Server::parse);
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
        try (KarInServer kar = KarInServer.startAsConfigured(server, HTTP_PORT, tested.wrapper())) {
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
                    "| %s | %s | %s | %.1f s | %.1f s | %.1f s |%n"
                            .formatted(
                                    tested.name(),
                                    tested.framework(),
                                    tested.javaVersion(),
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

// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.understudy.itests.Built;

/** Unusual ways to install the KAR: each ends with a working Understudy, or with one line in the log and an empty list of KARs. */
@Tag("servers")
class KarCasesIT {
    private static final int HTTP_PORT = 8181;
    private static final String[] NOBODY = {"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"};

    private static KarafServer server(String name) throws Exception {
        KarafServer server = new KarafServer(Built.stockKaraf(), Duration.ofMillis(200), name);
        KarInServer.addUsers(server);
        return server;
    }

    private static void drop(KarafServer server) throws IOException {
        Path complete = Files.copy(Built.kar(), server.home.resolve("understudy.kar"));
        Files.move(complete, server.home.resolve("deploy/understudy.kar"));
    }

    private static void awaitConsole(KarafServer server) {
        Rest rest = new Rest(HTTP_PORT, "admin", "once");
        server.awaitUntil("the console", () -> rest.get("/").statusCode() == 200);
        server.awaitUntil("the hosts", () -> rest.json("/api/v1/hosts").size() == 1);
    }

    private static String log(KarafServer server) throws IOException {
        return Files.readString(server.home.resolve("data/log/karaf.log"));
    }

    private static void awaitRefusal(KarafServer server, String line) throws IOException {
        server.awaitUntil("the refusal", () -> log(server).contains(line));
        server.awaitUntil("the removal of the KAR", () -> !Files.exists(server.home.resolve("data/kar/understudy")));
        try (RemoteShell shell = new RemoteShell(server.sshPort, "admin", "once")) {
            server.awaitUntil(
                    "the removal of the feature",
                    () -> !shell.run("bundle:list -t 0 -s").text().contains("org.understudy."));
            assertThat(shell.run("feature:list -r").text()).doesNotContain("understudy");
        }
    }

    @Test
    void beforeTheFirstStartAndInAFolderWithSpaces() throws Exception {
        try (KarafServer server = server("us it ")) {
            drop(server);
            server.start();

            awaitConsole(server);
            server.stop();
        }
    }

    @Test
    void asAnUnprivilegedUser() throws Exception {
        try (KarafServer server = server("us-it")) {
            KarafServer.run(List.of("chown", "-R", "nobody:nogroup", server.home.toString()));
            server.start(NOBODY);
            drop(server);

            awaitConsole(server);
            server.stop();
        }
    }

    @Test
    void isRefusedIfTheConfigurationCannotBeStored() throws Exception {
        try (KarafServer server = server("us-it")) {
            KarafServer.run(List.of("chown", "-R", "nobody:nogroup", server.home.toString()));
            KarafServer.run(
                    List.of("chown", "root:root", server.home.resolve("etc").toString()));
            // Karaf stores its host key there at its first start.
            KarafServer.run(List.of(
                    "ssh-keygen",
                    "-q",
                    "-m",
                    "PEM",
                    "-t",
                    "rsa",
                    "-N",
                    "",
                    "-f",
                    server.etc("host.key").toString()));
            KarafServer.run(
                    List.of("chown", "nobody:nogroup", server.etc("host.key").toString()));
            server.start(NOBODY);
            drop(server);

            awaitRefusal(server, "stores its configuration in " + server.etc("").toAbsolutePath());
            server.stop();
        }
    }

    @Test
    void isRefusedBesideAnotherVersion() throws Exception {
        try (KarafServer server = server("us-it")) {
            Path other = Files.createDirectories(server.home.resolve("data/kar/understudy-0.0.9"));
            Files.writeString(
                    other.resolve("features.cfg"), "mvn:org.understudy/understudy-features/0.0.9/xml/features\n");
            server.start();
            drop(server);

            awaitRefusal(server, "Understudy 0.0.9 is installed by the KAR understudy-0.0.9");
            assertThat(other).exists();
            server.stop();
        }
    }

    @Test
    void isCompletedByTheNextStartIfTheServerIsKilledDuringTheInstallation() throws Exception {
        try (KarafServer server = server("us-it")) {
            server.start();
            drop(server);
            server.awaitUntil("the first bundle", () -> log(server).contains("org.understudy.requirements/"));
            server.kill();
            server.start();

            awaitConsole(server);
            server.stop();
        }
    }
}

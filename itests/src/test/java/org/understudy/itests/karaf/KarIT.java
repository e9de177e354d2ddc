// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.itests.Built;

/** The KAR in a stock Karaf without access to a repository. */
class KarIT {
    @Test
    void installsIntoAStockKarafWithoutNetwork() throws Exception {
        try (KarafServer server = new KarafServer(Built.stockKaraf())) {
            Files.writeString(server.etc("org.ops4j.pax.url.mvn.cfg"), """
                    org.ops4j.pax.url.mvn.defaultRepositories = \\
                        ${karaf.home.uri}${karaf.default.repository}@id=system.repository@snapshots, \\
                        ${karaf.data.uri}kar@id=kar.repository@multi@snapshots
                    org.ops4j.pax.url.mvn.repositories =
                    org.ops4j.pax.url.mvn.localRepository = ${karaf.data}/no-repository
                    """);
            Files.writeString(
                    server.etc("org.ops4j.pax.web.cfg"), "org.osgi.service.http.port = " + server.httpPort + "\n");
            Files.writeString(
                    server.etc("users.properties"),
                    "admin = once,_g_:admingroup\n_g_\\:admingroup = group,admin,manager,viewer,systembundles,ssh\n"
                            + "visitor = often,ssh\n");
            // The two fixed ports of JMX may be in use.
            for (String port : List.of("rmiRegistryPort", "rmiServerPort")) {
                server.replace(
                        "org.apache.karaf.management.cfg", port + "\\s*=.*", port + " = " + KarafServer.freePort());
            }
            server.start();
            try (RemoteShell shell = new RemoteShell(server.sshPort, "admin", "once")) {
                server.awaitUntil(
                        "stock Karaf", () -> shell.run("feature:list -i").text().contains("management"));
            }
            Files.copy(Built.kar(), server.home.resolve("deploy/understudy.kar"));

            Rest rest = new Rest(server.httpPort, "admin", "once");
            server.awaitUntil("the console", () -> rest.get("/").statusCode() == 200);
            server.awaitUntil("the hosts", () -> rest.json("/api/v1/hosts").size() == 1);
            server.replace("understudy.yaml", "#    user: understudy-qemu", "    user: " + Built.qemuUser());

            try (RemoteShell shell = new RemoteShell(server.sshPort, "admin", "once")) {
                // The shell itself may be refreshed while the KAR is installed.
                server.awaitUntil(
                        "the shell", () -> shell.run("understudy:doctor").status() == 0);
                assertThat(shell.run("feature:list -i").text()).containsPattern("understudy .*Started");
                assertThat(shell.run("understudy:doctor").text()).contains("Java");
            }
            try (RemoteShell shell = new RemoteShell(server.sshPort, "visitor", "often")) {
                assertThat(shell.run("understudy:vm-list").text()).contains("Command not found");
            }
            assertThat(server.etc("understudy.yaml")).exists();
            assertThat(server.etc("org.apache.karaf.command.acl.understudy.cfg"))
                    .exists();
            server.stop();
            assertThat(server.processes()).isEmpty();
        }
    }
}

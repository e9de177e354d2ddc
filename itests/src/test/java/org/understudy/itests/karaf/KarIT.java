// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.understudy.itests.Built;

/** The KAR in a stock Karaf without access to a repository: installed, replaced and removed while the server works. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KarIT {
    private static KarafServer server;
    private static KarInServer kar;

    @BeforeAll
    static void startStockKaraf() throws Exception {
        server = new KarafServer(Built.stockKaraf());
        kar = KarInServer.start(server);
    }

    @AfterAll
    static void remove() throws Exception {
        try (KarafServer stopping = server) {
            kar.close();
            stopping.stop();
            assertThat(stopping.processes()).isEmpty();
        }
    }

    @Test
    @Order(1)
    void installsWithoutNetworkAndTouchesNoBundleOfTheServer() throws Exception {
        kar.drop(Built.kar());

        kar.awaitUnderstudy();
        kar.assertServerUntouched();
        server.replace("understudy.yaml", "#    user: understudy-qemu", "    user: " + Built.qemuUser());
        try (RemoteShell shell = kar.shell()) {
            server.awaitUntil("the doctor", () -> shell.run("understudy:doctor").status() == 0);
            assertThat(shell.run("feature:list -i").text()).containsPattern("understudy .*Started");
            assertThat(shell.run("understudy:doctor").text()).contains("Java");
        }
        try (RemoteShell shell = new RemoteShell(server.sshPort, "visitor", "often")) {
            assertThat(shell.run("understudy:vm-list").text()).contains("Command not found");
        }
        assertThat(server.etc("understudy.yaml")).exists();
        assertThat(server.etc("org.apache.karaf.command.acl.understudy.cfg")).exists();
    }

    @Test
    @Order(2)
    void isReplacedByAFileOfTheSameNameWithoutAnEffectOnTheServer() throws Exception {
        String configuration = Files.readString(server.etc("understudy.yaml"));

        kar.drop(Built.kar());

        kar.awaitUnderstudy();
        kar.assertServerUntouched();
        assertThat(server.etc("understudy.yaml")).hasContent(configuration);
    }

    @Test
    @Order(3)
    void leavesNothingButItsConfigurationWhenTheFileIsRemoved() throws Exception {
        kar.removeFile();

        kar.assertServerUntouched();
        try (RemoteShell shell = kar.shell()) {
            assertThat(shell.run("kar:list").text()).doesNotContain("understudy");
            assertThat(shell.run("bundle:list -t 0 -s").text()).doesNotContain("org.understudy.core");
            assertThat(shell.run("feature:list -i").text()).doesNotContain("understudy");
        }
        assertThat(server.etc("understudy.yaml")).exists();
    }
}

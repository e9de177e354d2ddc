// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
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
    private static ServerTls tls;

    @BeforeAll
    static void startStockKaraf() throws Exception {
        server = new KarafServer(Built.stockKaraf());
        tls = new ServerTls(server);
        kar = KarInServer.start(server, tls);
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
    void showsItsMBeansToUsersWithARole() {
        for (String[] user : new String[][] {{"watcher", "w1"}, {"runner", "r1"}, {"chief", "c1"}, {"admin", "once"}}) {
            server.awaitUntil(
                    "the metric, as " + user[0],
                    () -> kar.jmx().metric(user[0], user[1]).equals(0.0));
        }
        assertThatThrownBy(() -> kar.jmx().metric("visitor", "often")).isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> kar.jmx().metric("nobody", "often")).isInstanceOf(SecurityException.class);
    }

    @Test
    @Order(3)
    void letsABrowserLogInByTls() throws Exception {
        HttpResponse<String> page = tls.send(tls.request("/vms").header("Accept", "text/html"));
        assertThat(page.headers().firstValue("Location")).hasValue("/understudy/login?next=%2Fvms");

        HttpResponse<String> login =
                tls.send(tls.request("/login").POST(BodyPublishers.ofString("user=admin&password=once&next=/vms")));

        assertThat(login.statusCode()).isEqualTo(303);
        String cookie = login.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie).endsWith("; Secure");
        HttpResponse<String> session = tls.send(tls.request("/api/v1/session").header("Cookie", cookie.split(";")[0]));
        assertThat(session.body()).contains("\"user\":\"admin\"");
    }

    @Test
    @Order(4)
    void isReplacedByAFileOfTheSameNameWithoutAnEffectOnTheServer() throws Exception {
        String configuration = Files.readString(server.etc("understudy.yaml"));

        kar.drop(Built.kar());

        kar.awaitUnderstudy();
        kar.assertServerUntouched();
        assertThat(server.etc("understudy.yaml")).hasContent(configuration);
    }

    @Test
    @Order(5)
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

// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
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
            ServerTls tls = new ServerTls(server);
            Files.writeString(
                    server.etc("org.ops4j.pax.web.cfg"),
                    "org.osgi.service.http.port = " + server.httpPort + "\n" + tls.configuration());
            Files.writeString(
                    server.etc("users.properties"),
                    "admin = once,_g_:admingroup\n_g_\\:admingroup = group,admin,manager,viewer,systembundles,ssh\n"
                            + "visitor = often,ssh\nwatcher = w1,viewer\nrunner = r1,operator\nchief = c1,admin\n");
            Jmx jmx = Jmx.configure(server);
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
            assertThatUsersWithARoleReadMBeans(server, jmx);
            assertThatABrowserLogsInByTls(tls);
            assertThat(server.etc("understudy.yaml")).exists();
            assertThat(server.etc("org.apache.karaf.command.acl.understudy.cfg"))
                    .exists();
            server.stop();
            assertThat(server.processes()).isEmpty();
        }
    }

    private static void assertThatUsersWithARoleReadMBeans(KarafServer server, Jmx jmx) {
        for (String[] user : new String[][] {{"watcher", "w1"}, {"runner", "r1"}, {"chief", "c1"}, {"admin", "once"}}) {
            server.awaitUntil(
                    "the metric, as " + user[0],
                    () -> jmx.metric(user[0], user[1]).equals(0.0));
        }
        assertThatThrownBy(() -> jmx.metric("visitor", "often")).isInstanceOf(SecurityException.class);
        assertThatThrownBy(() -> jmx.metric("nobody", "often")).isInstanceOf(SecurityException.class);
    }

    private static void assertThatABrowserLogsInByTls(ServerTls tls) throws Exception {
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
}

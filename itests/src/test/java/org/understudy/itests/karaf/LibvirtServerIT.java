// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.itests.Built;
import org.understudy.itests.lab.LibvirtHosts;
import org.understudy.itests.lab.LibvirtPair;

/** One server that drives two hosts managed by libvirt. */
@Timeout(420)
class LibvirtServerIT {
    private static final String HOST = """
              - name: %1$s
                connector: libvirt
                uri: "%2$s"
                peer-uri: qemu+tcp://%3$s/system
                migration-uri: tcp://%3$s
            """;
    private static LibvirtHosts hosts;
    private static KarafServer server;
    private static RemoteShell shell;
    private static Rest rest;
    private static Path guest;

    @BeforeAll
    static void start() throws Exception {
        guest = Built.guest();
        hosts = LibvirtHosts.start(guest);
        server = new KarafServer(Built.distribution());
        rest = server.startWith(
                "hosts:\n"
                        + HOST.formatted("alpha", hosts.uri("alpha"), "10.77.0.1")
                        + HOST.formatted("beta", hosts.uri("beta"), "10.77.0.2"),
                2);
        shell = new RemoteShell(server.sshPort, "admin", server.password());
    }

    @AfterAll
    static void end() throws Exception {
        if (shell != null) {
            shell.close();
        }
        if (server != null) {
            server.close();
        }
        if (hosts != null) {
            hosts.close();
        }
    }

    @Test
    void movesAGuestFromLibvirtToLibvirtAndBack() throws Exception {
        requireOk(rest.change("POST", "/api/v1/vms?host=alpha", LibvirtPair.definition("mover", guest)));
        requireOk(rest.change("POST", "/api/v1/vms/mover/start", ""));
        TestGuest mover = new TestGuest(rest, "mover");
        server.awaitUntil(
                "the guest's primary",
                () -> LibvirtPair.lastState(hosts, "alpha").contains("path=primary"));

        JsonNode there = rest.json(mover.migrate("beta"));
        assertThat(there.get("outcome").asText()).as("%s", there).isEqualTo("completed");
        assertThat(there.has("downtimeMs")).isTrue();
        assertThat(mover.place()).isEqualTo("running on beta");
        assertThat(hosts.output("alpha", "virsh", "-q", "list", "--all", "--name"))
                .isEmpty();

        JsonNode back = rest.json(mover.migrate("alpha"));
        assertThat(back.get("outcome").asText()).as("%s", back).isEqualTo("completed");
        assertThat(mover.place()).isEqualTo("running on alpha");
        requireOk(rest.change("POST", "/api/v1/vms/mover/destroy", ""));
        requireOk(rest.change("DELETE", "/api/v1/vms/mover", ""));
    }

    @Test
    void findsItsHostsAgainAfterItsBundleIsRestartedAndRefreshed() throws Exception {
        for (String command : new String[] {"restart", "refresh", "update"}) {
            shell.run("bundle:" + command + " org.understudy.libvirt");
            server.awaitUntil(
                    "the hosts after bundle:" + command,
                    () -> rest.json("/api/v1/hosts").findValuesAsText("available").stream()
                            .allMatch("true"::equals));
        }
        assertThat(shell.run("understudy:doctor").text())
                .contains("alpha", "beta")
                .doesNotContain("ERROR");
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }
}

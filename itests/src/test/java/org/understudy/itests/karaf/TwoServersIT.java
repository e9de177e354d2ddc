// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.itests.Built;

/** Two servers with a host each: the one moves a VM to the other's host and back, as it would within one machine. */
@Timeout(420)
class TwoServersIT {
    private static final String HOST = """
            hosts:
              - {name: %1$s, connector: qemu, directory: %2$s/%1$s, accelerator: tcg}
            """;
    private static final String PEER = """
              - {name: beta, connector: peer, url: "http://127.0.0.1:%d/understudy", user: admin, password-file: %s}
            """;
    private static final String REST_OF_FILE = """
            pools:
              - {name: stand-in, kind: emulated, model: e1000e}
            allow-emulated-primary: true
            migration: {settle: 500ms}
            """;

    @Test
    void movesAVmToAHostOfAnotherServerAndBack() throws Exception {
        try (KarafServer there = new KarafServer(Built.distribution());
                KarafServer here = new KarafServer(Built.distribution())) {
            Rest far = start(there, HOST.formatted("beta", there.home), 1);
            String peer = PEER.formatted(there.httpPort, there.etc("admin.password"));
            Rest near = start(here, HOST.formatted("alpha", here.home) + peer, 2);
            defineAndStart(near, here);
            assertThat(migrate(near, "beta")).isEqualTo("completed");
            assertThat(place(near)).isEqualTo("running on beta");
            assertThat(place(far)).isEqualTo("running on beta");
            awaitActive(far);
            assertThat(migrate(near, "alpha")).isEqualTo("completed");
            assertThat(place(near)).isEqualTo("running on alpha");
            assertThat(far.json("/api/v1/vms")).isEmpty();
            near.change("POST", "/api/v1/vms/mover/destroy", "");
            here.stop();
            there.stop();
        }
    }

    private static Rest start(KarafServer server, String hosts, int expected) throws Exception {
        server.replace(
                "org.ops4j.pax.web.cfg",
                "org.osgi.service.http.port\\s*=.*",
                "org.osgi.service.http.port = " + server.httpPort);
        Files.writeString(server.etc("understudy.yaml"), hosts + REST_OF_FILE);
        server.start();
        server.awaitUntil("the first start's password", () -> Files.exists(server.etc("admin.password")));
        Rest rest = new Rest(server.httpPort, "admin", server.password());
        server.awaitUntil("every host", () -> {
            JsonNode all = rest.json("/api/v1/hosts");
            return all.size() == expected
                    && all.findValuesAsText("available").stream().allMatch("true"::equals);
        });
        return rest;
    }

    private static void defineAndStart(Rest near, KarafServer here) throws Exception {
        Path guest = Built.guest();
        Path serial = Files.createFile(here.home.resolve("serial.log"));
        Files.setPosixFilePermissions(serial, PosixFilePermissions.fromString("rw-rw-rw-"));
        String definition = """
                <domain type='qemu'>
                  <name>mover</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinuz</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>console=ttyS0 quiet</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='maximum'/>
                  <devices>
                    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
                    <serial type='file'><source path='%2$s' append='on'/><target port='0'/></serial>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(guest, serial);
        requireOk(near.change("POST", "/api/v1/vms?host=alpha", definition));
        requireOk(near.change("POST", "/api/v1/vms/mover/pair", "{\"nic\":\"only\",\"pool\":\"stand-in\"}"));
        requireOk(near.change("POST", "/api/v1/vms/mover/start", ""));
        awaitActive(near);
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    private static void awaitActive(Rest rest) {
        Awaitility.await("the pair is active")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> rest.json("/api/v1/vms/mover")
                        .at("/pairs/0/health")
                        .asText()
                        .equals("active"));
    }

    private static String migrate(Rest rest, String destination) throws Exception {
        Awaitility.await("no objection to " + destination)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> !rest.json("/api/v1/vms/mover/preflight?destination=" + destination)
                        .findValuesAsText("severity")
                        .contains("error"));
        HttpResponse<String> started =
                rest.change("POST", "/api/v1/migrations", "{\"vm\":\"mover\",\"destination\":\"" + destination + "\"}");
        requireOk(started);
        String path = "/api/v1/migrations/"
                + Rest.JSON.readTree(started.body()).get("id").asText();
        Awaitility.await("the migration to " + destination + " ends")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(300))
                .until(() -> rest.json(path).has("outcome"));
        return rest.json(path).get("outcome").asText();
    }

    private static String place(Rest rest) throws Exception {
        JsonNode vm = rest.json("/api/v1/vms/mover");
        return vm.get("state").asText() + " on " + vm.get("host").asText();
    }
}

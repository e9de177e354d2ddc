// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.understudy.itests.Built;

/** The real guest of these tests, with one failover pair, used by the REST interface of a server. */
record TestGuest(Rest rest, String name) {
    private static final Duration POLL = Duration.ofMillis(500);

    /**
     * Defines a VM with a pair and starts it; returns when the guest uses its primary.
     *
     * @param options for the guest's kernel
     */
    static TestGuest start(Rest rest, KarafServer server, String host, String name, String options) throws Exception {
        requireOk(rest.change("POST", "/api/v1/vms?host=" + host, definition(server, name, options)));
        requireOk(rest.change("POST", "/api/v1/vms/" + name + "/pairs", "{\"nic\":\"only\",\"pool\":\"stand-in\"}"));
        requireOk(rest.change("POST", "/api/v1/vms/" + name + "/start", ""));
        TestGuest guest = new TestGuest(rest, name);
        guest.awaitActive();
        return guest;
    }

    /** With a plain virtio NIC. */
    static String definition(KarafServer server, String name, String options) throws IOException {
        Path serial = Files.createFile(server.home.resolve(name + "-serial.log"));
        Files.setPosixFilePermissions(serial, PosixFilePermissions.fromString("rw-rw-rw-"));
        return """
                <domain type='qemu'>
                  <name>%1$s</name>
                  <memory unit='KiB'>163848</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%2$s/vmlinux</kernel>
                    <initrd>%2$s/initrd.img</initrd>
                    <cmdline>%5$s %3$s</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='maximum'/>
                  <devices>
                    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
                    <serial type='file'><source path='%4$s' append='on'/><target port='0'/></serial>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(name, Built.guest(), options, serial, Built.GUEST_OPTIONS);
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    private static ConditionFactory await(String what, int seconds) {
        return Awaitility.await(what).atMost(Duration.ofSeconds(seconds)).pollInterval(POLL);
    }

    /** The same VM on another server. */
    TestGuest on(Rest other) {
        return new TestGuest(other, name);
    }

    void awaitActive() {
        await("the pair is active", 180).untilAsserted(() -> {
            JsonNode pair = rest.json("/api/v1/vms/" + name).at("/pairs/0");
            assertThat(pair.path("health").asText()).as("%s", pair).isEqualTo("active");
        });
    }

    /** Waits until the preflight has no errors, such as for the settle time after a plug. */
    void awaitClear(String destination) {
        await("no objection to " + destination, 30)
                .until(() -> !rest.json("/api/v1/vms/" + name + "/preflight?destination=" + destination)
                        .findValuesAsText("severity")
                        .contains("error"));
    }

    /** Migrates the VM by REST, and returns the path of the ended migration. */
    String migrate(String destination) throws Exception {
        awaitClear(destination);
        String path = begin(destination, "");
        awaitEnd(path);
        return path;
    }

    /**
     * Returns the path of the new migration.
     *
     * @param options more fields of the request, each after a comma
     */
    String begin(String destination, String options) throws Exception {
        HttpResponse<String> started = request(destination, options);
        requireOk(started);
        return "/api/v1/migrations/"
                + Rest.JSON.readTree(started.body()).get("id").asText();
    }

    /** The response to a request for a migration, which the preflight may refuse. */
    HttpResponse<String> request(String destination, String options) throws Exception {
        return rest.change(
                "POST",
                "/api/v1/migrations",
                "{\"vm\":\"%s\",\"destination\":\"%s\"%s}".formatted(name, destination, options));
    }

    /** Waits until a step of a running migration has begun; the step may have ended already. */
    void awaitStep(String migration, String step) {
        Awaitility.await(step)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    JsonNode now = rest.json(migration);
                    assertThat(now.has("outcome"))
                            .as("ended before %s: %s", step, now)
                            .isFalse();
                    return hasReached(now, step);
                });
    }

    static boolean hasReached(JsonNode migration, String step) {
        for (JsonNode one : migration.get("steps")) {
            if (one.get("step").asText().equals(step)) {
                return !one.get("state").asText().equals("pending");
            }
        }
        throw new AssertionError("no step " + step + " in " + migration);
    }

    /** The server abandons a host without power after 45 s, and libvirt itself needs 25 s to detect it. */
    void awaitEnd(String migration) {
        await("the migration ends", 180).until(() -> rest.json(migration).has("outcome"));
    }

    String host() throws Exception {
        return rest.json("/api/v1/vms/" + name).get("host").asText();
    }

    String place() throws Exception {
        return rest.json("/api/v1/vms/" + name).get("state").asText() + " on " + host();
    }
}

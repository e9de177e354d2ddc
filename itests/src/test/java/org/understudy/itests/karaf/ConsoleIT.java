// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;

/** The console in a real browser. The tests themselves are in src/main/console/browser of the bundle web. */
@Tag("two-hosts")
@ExtendWith(SharedKaraf.class)
@Order(0)
@Timeout(600)
@TestMethodOrder(OrderAnnotation.class)
class ConsoleIT {
    private static final String CONFIGURATION = """
            hosts:
              - {name: alpha, connector: qemu, directory: %1$s/alpha, accelerator: tcg, user: %2$s}
              - {name: beta, connector: qemu, directory: %1$s/beta, accelerator: tcg, user: %2$s}
            pools:
              - {name: stand-in, kind: emulated, model: e1000e}
            allow-emulated-primary: true
            migration: {settle: 500ms}
            """;

    private static final int FLEET_HOSTS = 20;
    private static final int VMS_PER_HOST = 1000;

    private static final int EMBED_PORT = KarafServer.freePort();

    private static KarafServer server;

    @BeforeAll
    static void start(KarafServer shared) {
        Built.guest();
        server = shared;
    }

    @Test
    @Order(1)
    void everyPageShowsWhatTheServerHas() throws Exception {
        guests();

        run("pages");
    }

    @Test
    @Order(2)
    void aVmIsSwitchedAndMigratedByItsPage() throws Exception {
        Rest rest = guests();
        String pc = definition("old", "52:54:00:11:22:35").replace("machine='q35'", "machine='pc'");
        assertThat(rest.change("POST", "/api/v1/vms?host=alpha", pc).statusCode())
                .isEqualTo(201);

        run("vm");
    }

    @Test
    @Order(3)
    void thePageOfAnotherManagerEmbedsSwitchAndTimeline() throws Exception {
        guests();
        Files.writeString(
                server.etc("org.understudy.embedding.cfg"), "origins = http://127.0.0.1:%d%n".formatted(EMBED_PORT));

        run("embed");
    }

    @Test
    @Order(4)
    void twentyThousandVmsAreUsable() throws Exception {
        server.removeVms();
        server.startWith(fleet(), FLEET_HOSTS);
        try {
            run("fleet");
        } finally {
            // Otherwise the end of the class removes each VM.
            server.manageNothing();
        }
    }

    /** Other classes have guests of these names. */
    @AfterAll
    static void removeFiles() throws IOException {
        for (String vm : List.of("walker", "idle", "old")) {
            Files.deleteIfExists(server.home.resolve(vm + "-serial.log"));
        }
    }

    /** With a MAC address that no other VM has. */
    private static String definition(String name, String mac) throws IOException {
        return TestGuest.definition(server, name, "").replace("52:54:00:11:22:33", mac);
    }

    /** Hosts alpha and beta with a running VM with a pair, and one that is off. */
    private static Rest guests() throws Exception {
        Rest rest = server.startWith(CONFIGURATION.formatted(server.home, Built.qemuUser()), 2);
        if (rest.json("/api/v1/vms").get("vms").isEmpty()) {
            TestGuest.start(rest, server, "alpha", "walker", "");
            assertThat(rest.change("POST", "/api/v1/vms?host=alpha", definition("idle", "52:54:00:11:22:34"))
                            .statusCode())
                    .isEqualTo(201);
        }
        return rest;
    }

    /** The configuration of hosts whose VMs are simulated by libvirt. */
    private static String fleet() throws IOException {
        StringBuilder configuration = new StringBuilder("hosts:\n");
        for (int host = 0; host < FLEET_HOSTS; host++) {
            StringBuilder node = new StringBuilder("<node>\n");
            for (int vm = 0; vm < VMS_PER_HOST; vm++) {
                node.append("""
                        <domain type='test'>
                          <name>vm-%04d-%02d</name>
                          <uuid>6f1c7f8e-4d1b-4b0c-9a52-%012x</uuid>
                          <memory unit='MiB'>64</memory>
                          <os><type arch='x86_64' machine='q35'>hvm</type></os>
                          <devices><interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface></devices>
                        </domain>
                        """.formatted(host, vm, host * VMS_PER_HOST + vm));
            }
            Path file = server.home.resolve("h%04d.xml".formatted(host));
            Files.writeString(file, node.append("</node>\n"));
            configuration.append("  - {name: h%04d, connector: libvirt, uri: 'test://%s'}%n".formatted(host, file));
        }
        return configuration.toString();
    }

    private static void run(String tests) throws IOException, InterruptedException {
        Path file = Built.consoleTests().resolve(tests + ".test.mjs");
        Path output = server.home.resolve(tests + ".out");
        ProcessBuilder node = new ProcessBuilder("node", "--test", "--test-reporter=spec", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        node.environment().put("UNDERSTUDY_URL", "http://127.0.0.1:" + server.httpPort + "/understudy/");
        node.environment().put("UNDERSTUDY_USER", "admin");
        node.environment().put("UNDERSTUDY_PASSWORD", server.password());
        node.environment().put("UNDERSTUDY_EMBED_PORT", String.valueOf(EMBED_PORT));
        node.environment().put("UNDERSTUDY_HOME", server.home.toString());
        node.environment().put("UNDERSTUDY_VMS", String.valueOf(FLEET_HOSTS * VMS_PER_HOST));
        Process process = node.start();
        try {
            assertThat(process.waitFor(8, TimeUnit.MINUTES)).as("%s", tests).isTrue();
            assertThat(process.exitValue()).as("%s", Files.readString(output)).isZero();
            assertThat(Files.readString(output)).containsPattern("pass [1-9]");
        } finally {
            process.destroyForcibly();
        }
    }
}

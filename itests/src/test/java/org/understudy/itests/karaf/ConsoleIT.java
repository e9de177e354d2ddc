// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

    private static final String PASSWORD_OF_USERS = "secret";

    private static final int EMBED_PORT = KarafServer.freePort();

    private static KarafServer server;
    private static String users;

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

        assertThat(rest.change("DELETE", "/api/v1/vms/old", "").statusCode()).isEqualTo(200);
    }

    @Test
    @Order(3)
    void thePageOfAnotherManagerEmbedsSwitchAndTimeline() throws Exception {
        Rest rest = guests();
        String origin = "http://127.0.0.1:" + EMBED_PORT;
        Files.writeString(server.etc("org.understudy.embedding.cfg"), "origins = " + origin + "\n");
        HttpRequest script = rest.request("/embed.js").header("Origin", origin).build();
        await("the server has read the file")
                .until(() -> rest.send(script)
                        .headers()
                        .firstValue("Access-Control-Allow-Origin")
                        .isPresent());

        run("embed");
    }

    @Test
    @Order(4)
    void eachRoleSeesEveryPageAndMayPressWhatItPermits() throws Exception {
        guests();
        users = Files.readString(server.etc("users.properties"));
        Files.writeString(server.etc("users.properties"), users + """

                viewer = %1$s,viewer
                operator = %1$s,operator
                chief = %1$s,admin
                visitor = %1$s,ssh
                """.formatted(PASSWORD_OF_USERS));

        run("roles");
    }

    @Test
    @Order(5)
    void twentyThousandVmsCanBeSearchedAndFewAreRendered() throws Exception {
        guests();
        server.removeVms();
        server.startWith(TestFleet.configuration(server.home), TestFleet.HOSTS);
        try {
            run("fleet");
        } finally {
            // Otherwise the end of the class removes each VM.
            server.manageNothing();
        }
    }

    @AfterAll
    static void end() throws IOException {
        removeFiles();
        Files.deleteIfExists(server.etc("org.understudy.embedding.cfg"));
        if (users != null) {
            Files.writeString(server.etc("users.properties"), users);
        }
    }

    /** Other classes have guests of these names. */
    private static void removeFiles() throws IOException {
        for (String vm : List.of("walker", "idle", "old")) {
            Files.deleteIfExists(server.home.resolve(vm + "-serial.log"));
        }
    }

    /** With a MAC address that no other VM has. */
    private static String definition(String name, String mac) throws IOException {
        return TestGuest.definition(server, name, "").replace("52:54:00:11:22:33", mac);
    }

    /** Hosts alpha and beta with a running VM with a pair, and one that is off: new ones, if a failed test has left others. */
    private static Rest guests() throws Exception {
        Rest rest = server.startWith(CONFIGURATION.formatted(server.home, Built.qemuUser()), 2);
        Set<String> found = new HashSet<>();
        for (JsonNode vm : rest.json("/api/v1/vms").get("vms")) {
            found.add(vm.get("name").asText() + " " + vm.get("state").asText());
        }
        if (!found.containsAll(List.of("walker running", "idle shutoff")) || found.contains("idle running")) {
            server.removeVms();
            removeFiles();
            TestGuest.start(rest, server, "alpha", "walker", "");
            assertThat(rest.change("POST", "/api/v1/vms?host=alpha", definition("idle", "52:54:00:11:22:34"))
                            .statusCode())
                    .isEqualTo(201);
        }
        return rest;
    }

    /** Of the report's two parts the one that has the errors; all of it if it has none. */
    private static String failuresIn(Path output) throws IOException {
        String report = Files.readString(output);
        return report.substring(Math.max(0, report.indexOf("\u2716 failing tests:")));
    }

    private static void run(String tests) throws IOException, InterruptedException {
        Path output = server.home.resolve(tests + ".out");
        ProcessBuilder node = Browser.script(server, List.of("--test", "--test-reporter=spec"), tests + ".test.mjs")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        node.environment().put("UNDERSTUDY_EMBED_PORT", String.valueOf(EMBED_PORT));
        node.environment().put("UNDERSTUDY_HOME", server.home.toString());
        node.environment().put("UNDERSTUDY_USERS_PASSWORD", PASSWORD_OF_USERS);
        node.environment().put("UNDERSTUDY_VMS", String.valueOf(TestFleet.VMS));
        Process process = node.start();
        try {
            assertThat(process.waitFor(8, TimeUnit.MINUTES)).as("%s", tests).isTrue();
            assertThat(process.exitValue()).as("%s", failuresIn(output)).isZero();
            assertThat(Files.readString(output)).containsPattern("pass [1-9]");
        } finally {
            process.destroyForcibly();
        }
    }
}

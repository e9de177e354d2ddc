// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.sshd.common.SshException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;
import org.understudy.itests.karaf.RemoteShell.Said;

/** The shipped distribution, with two hosts on this machine. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KarafIT {
    private static final String DEFINITION = """
            <domain type='qemu'>
              <name>%s</name>
              <memory unit='MiB'>64</memory>
              <os><type arch='x86_64' machine='q35'>hvm</type></os>
              <devices>
                <!-- öne NIC -->
                <interface type='user'>
                  <mac address='52:54:00:00:00:%s'/>
                  <model type='virtio'/>
                </interface>
              </devices>
            </domain>
            """;

    private static final String TWO_HOSTS = """
            hosts:
              - name: alpha
                connector: qemu
                directory: %1$s/alpha
                user: %2$s
              - name: beta
                connector: qemu
                directory: %1$s/beta
                user: %2$s
            pools:
              - name: stand-in
                kind: emulated
                model: e1000e
              - name: spare
                kind: emulated
                model: e1000e
            allow-emulated-primary: true
            """;

    private static KarafServer server;
    private static RemoteShell shell;
    private static Rest rest;

    @BeforeAll
    static void start() throws Exception {
        server = new KarafServer(Built.distribution());
        rest = server.startWith(TWO_HOSTS.formatted(server.home, Built.qemuUser()), 2);
        shell = new RemoteShell(server.sshPort, "admin", server.password());
        assertThat(shell.run("understudy:vm-define --host alpha -", definition("web1", "01")))
                .isEqualTo(new Said("Defined.\n", 0));
    }

    @AfterAll
    static void end() throws IOException {
        if (shell != null) {
            shell.close();
        }
        server.close();
    }

    private static String definition(String name, String mac) {
        return DEFINITION.formatted(name, mac);
    }

    private static JsonNode json(Said said) throws IOException {
        return Rest.JSON.readTree(said.text());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vm-list",
                "vm-show",
                "vm-define",
                "vm-dump",
                "vm-start",
                "vm-shutdown",
                "vm-destroy",
                "vm-resume",
                "vm-pause",
                "vm-reset",
                "vm-undefine",
                "pair-on",
                "pair-off",
                "lint",
                "preflight",
                "migrate",
                "migration-list",
                "migration-show",
                "migration-cancel",
                "pool-list",
                "vf-list",
                "host-list",
                "readiness",
                "migrate-bulk",
                "bulk-list",
                "bulk-show",
                "bulk-cancel",
                "audit-list",
                "history-list",
                "history-show",
                "vm-fix",
                "doctor"
            })
    void explainsEveryCommandAndItsJson(String name) throws Exception {
        String help = shell.run("understudy:" + name + " --help").text();

        assertThat(help)
                .contains("DESCRIPTION", name, "--json", "Print one JSON document")
                .contains("Exit status:", "the object does not exist")
                .doesNotContain("defaults to )", "defaults to []");
    }

    @Test
    void reportsNoErrorsOnThisMachine() throws Exception {
        Said said = shell.run("understudy:doctor");

        assertThat(said.text()).contains("alpha", "beta", "healthy").doesNotContain("ERROR");
        assertThat(said.status()).isZero();
        assertThat(json(shell.run("understudy:doctor --json")).isArray()).isTrue();
    }

    @Test
    void answersAManagerBeforeItDefinesAVmAndStoresNothing() throws Exception {
        JsonNode answer = Rest.JSON.readTree(rest.change(
                        "POST", "/api/v1/provision/define?host=alpha&nic=only&pool=stand-in", definition("asked", "77"))
                .body());

        assertThat(answer.get("definition").asText())
                .as(answer.get("findings").toString())
                .contains("<teaming type='persistent'/>", "type='transient'");
        assertThat(answer.get("findings").findValuesAsText("severity")).doesNotContain("error");
        assertThat(rest.get("/api/v1/vms/asked").statusCode()).isEqualTo(404);
    }

    @Test
    void readsTheNicsOfThisMachineInProcessAndShowsTheSameInShellAndRest() throws Exception {
        JsonNode hosts = json(shell.run("understudy:vf-list --json"));

        assertThat(hosts.findValuesAsText("host")).containsExactly("alpha", "beta");
        assertThat(hosts.get(0).get("available").asBoolean()).isTrue();
        assertThat(hosts.get(0).get("access").asText()).startsWith("in process");
        assertThat(rest.json("/api/v1/vfs")).isEqualTo(hosts);
        JsonNode pools = json(shell.run("understudy:pool-list --json"));
        assertThat(pools.findValuesAsText("name")).containsExactly("stand-in", "spare");
        assertThat(rest.json("/api/v1/pools")).isEqualTo(pools);
        assertThat(shell.run("understudy:vf-list alpha").status()).isZero();
        assertThat(shell.run("understudy:vf-list gamma").status()).isEqualTo(3);
    }

    @Test
    void listsAndShowsVmsAsTextAndAsJson() throws Exception {
        assertThat(shell.run("understudy:vm-list").text()).contains("web1", "alpha", "shutoff");
        assertThat(json(shell.run("understudy:vm-list --json")).findValuesAsText("name"))
                .contains("web1");
        assertThat(shell.run("understudy:vm-show web1").text()).contains("52:54:00:00:00:01", "virtio");
        assertThat(json(shell.run("understudy:vm-show --json web1"))
                        .get("state")
                        .asText())
                .isEqualTo("shutoff");
    }

    @Test
    void switchesAPairOnAndOffAndRestoresEveryByte() throws Exception {
        String given = definition("bytes", "02");
        assertThat(shell.run("understudy:vm-define --host beta -", given).status())
                .isZero();
        String before = rest.get("/api/v1/vms/bytes/definition").body();
        assertThat(before).contains("öne NIC");

        Said dry = shell.run("understudy:pair-on --dry-run --pool stand-in bytes");
        assertThat(dry.text()).contains("Would be changed", "e1000e");
        Said on = shell.run("understudy:pair-on --pool stand-in bytes");
        assertThat(on.text()).contains("takes effect when the VM is started");
        assertThat(on.status()).isZero();
        assertThat(shell.run("understudy:vm-show bytes").text()).contains("(emulated)");
        assertThat(shell.run("understudy:lint bytes").status()).isZero();
        Said other = shell.run("understudy:pair-on --pool spare bytes");
        assertThat(other.text())
                .contains("already a failover pair with pool 'stand-in'", "'spare'", "Nothing was changed.");
        assertThat(other.status()).isEqualTo(4);
        Said off = shell.run("understudy:pair-off --json bytes");
        assertThat(json(off).get("changed").asBoolean()).isTrue();

        assertThat(rest.get("/api/v1/vms/bytes/definition").body()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"ISO-8859-1,06", "UTF-16,07"})
    void returnsADocumentInTheEncodingInWhichItCame(String encoding, String mac) throws Exception {
        String name = "in-" + encoding;
        String xml = "<?xml version='1.0' encoding='" + encoding + "'?>\n" + definition(name, mac);
        HttpRequest post = rest.request("/api/v1/vms?host=beta")
                .header("X-Requested-With", "itests")
                .header("Content-Type", "application/xml")
                .POST(HttpRequest.BodyPublishers.ofByteArray(xml.getBytes(encoding)))
                .build();
        assertThat(rest.bytes(post).statusCode()).isEqualTo(201);
        HttpRequest get = rest.request("/api/v1/vms/" + name + "/definition").build();
        HttpResponse<byte[]> before = rest.bytes(get);
        assertThat(new String(before.body(), encoding))
                .startsWith("<?xml")
                .contains("encoding='" + encoding, "\u00f6ne NIC");
        assertThat(before.headers().firstValue("Content-Type").orElse(""))
                .isEqualToIgnoringCase("application/xml;charset=" + encoding);

        assertThat(shell.run("understudy:pair-on --pool stand-in " + name).status())
                .isZero();
        assertThat(shell.run("understudy:pair-off " + name).status()).isZero();

        assertThat(rest.bytes(get).body()).isEqualTo(before.body());
    }

    @Test
    void dumpsADefinitionByteForByte() throws Exception {
        assertThat(shell.run("understudy:vm-dump web1"))
                .isEqualTo(new Said(rest.get("/api/v1/vms/web1/definition").body(), 0));
    }

    @Test
    void exitsWithFourWhenFindingsRefuseAPair() throws Exception {
        Said said = shell.run("understudy:pair-on --pool nowhere web1");

        assertThat(said.text()).contains("ERROR", "nowhere", "Remedy:", "Nothing was changed.");
        assertThat(said.status()).isEqualTo(4);
    }

    @Test
    void changesAMachineTypeOnlyAfterConsentAndRestoresEveryByte() throws Exception {
        String given = definition("old", "06").replace("machine='q35'", "machine='pc'");
        assertThat(rest.change("POST", "/api/v1/vms?host=alpha", given).statusCode())
                .isEqualTo(201);
        String before = rest.get("/api/v1/vms/old/definition").body();

        HttpResponse<String> asked = rest.change("POST", "/api/v1/vms/old/pairs", "{\"pool\":\"stand-in\"}");
        assertThat(asked.statusCode()).isEqualTo(422);
        assertThat(Rest.JSON.readTree(asked.body()).get("findings"))
                .singleElement()
                .satisfies(
                        finding -> assertThat(finding.get("code").asText()).isEqualTo("machine-change-needs-consent"));
        assertThat(rest.get("/api/v1/vms/old/definition").body()).isEqualTo(before);

        HttpResponse<String> accepted = rest.change(
                "POST", "/api/v1/vms/old/pairs", "{\"pool\":\"stand-in\",\"consents\":[\"change-machine-type\"]}");
        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(201);
        assertThat(rest.get("/api/v1/vms/old/definition").body()).contains("q35", "transient");
        rest.change("DELETE", "/api/v1/vms/old/pairs/only", "");
        assertThat(rest.get("/api/v1/vms/old/definition").body()).isEqualTo(before);
    }

    @Test
    void lintsADocumentFromStandardInput() throws Exception {
        assertThat(shell.run("understudy:lint --file -", definition("loose", "03")))
                .isEqualTo(new Said("No findings.\n", 0));
        Said broken = shell.run("understudy:lint --file - --json", "<domain><oops>");
        assertThat(json(broken).at("/error/code").asText()).isEqualTo("malformed-xml");
        assertThat(broken.status()).isEqualTo(2);
    }

    @Test
    void refusesToMigrateAVmThatDoesNotRunWithTheReason() throws Exception {
        Said preflight = shell.run("understudy:preflight web1 beta");
        assertThat(preflight.text()).contains("ERROR");
        assertThat(preflight.status()).isEqualTo(4);

        Said migrate = shell.run("understudy:migrate web1 beta");
        assertThat(migrate.text()).doesNotContain("Exception").contains("web1");
        assertThat(migrate.status()).isNotZero();
        assertThat(shell.run("understudy:migration-list --json").status()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vm-show nobody",
                "vm-start nobody",
                "vm-shutdown nobody",
                "vm-destroy --yes nobody",
                "vm-pause nobody",
                "vm-reset --yes nobody",
                "vm-resume nobody",
                "vm-undefine --yes nobody",
                "pair-on nobody",
                "pair-off nobody",
                "lint nobody",
                "preflight nobody beta",
                "migrate nobody beta",
                "migration-show m-0",
                "migration-show --follow m-0",
                "migration-cancel m-0",
                "migrate-bulk nobody --to beta",
                "bulk-show b-0",
                "bulk-cancel b-0",
                "readiness --host nobody"
            })
    void reportsAnUnknownObjectWithARemedyAndNoStackTrace(String command) throws Exception {
        Said said = shell.run("understudy:" + command);

        assertThat(said.text()).startsWith("Error: ").contains("Remedy: ").doesNotContain("\tat ", "Exception");
        assertThat(said.status()).isEqualTo(3);
        Said asJson = shell.run("understudy:" + command + " --json");
        assertThat(json(asJson).at("/error/code").asText()).endsWith("-not-found");
        assertThat(asJson.status()).isEqualTo(3);
    }

    @Test
    void startsAndEndsAVm() throws Exception {
        assertThat(shell.run("understudy:vm-define --host alpha -", definition("short", "04"))
                        .status())
                .isZero();
        assertThat(shell.run("understudy:vm-start short").text()).contains("running");
        assertThat(rest.change("POST", "/api/v1/vms/short/start", "").statusCode())
                .isEqualTo(409);
        assertThat(shell.run("understudy:vm-destroy short --yes").text()).contains("shutoff");
        assertThat(rest.change("DELETE", "/api/v1/vms/short", "").statusCode()).isEqualTo(200);
    }

    @Test
    void resumesAPausedVm() throws Exception {
        assertThat(shell.run("understudy:vm-define --host alpha -", definition("sleeper", "08"))
                        .status())
                .isZero();
        shell.run("understudy:vm-start sleeper");
        assertThat(shell.run("understudy:vm-resume sleeper").text()).contains("required state: paused");
        rest.change("POST", "/api/v1/vms/sleeper/pause", "");
        assertThat(shell.run("understudy:vm-list").text()).contains("paused");

        Said resumed = shell.run("understudy:vm-resume sleeper");

        assertThat(resumed.text()).contains("on alpha  running");
        assertThat(resumed.status()).isZero();
        rest.change("POST", "/api/v1/vms/sleeper/destroy", "");
        assertThat(rest.change("DELETE", "/api/v1/vms/sleeper", "").statusCode())
                .isEqualTo(200);
    }

    @Test
    void servesThePageWithAPolicyThatBlocksOtherOrigins() throws Exception {
        HttpResponse<String> page = rest.get("/");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("<title>Understudy</title>");
        assertThat(page.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains("default-src 'none'", "script-src 'self'")
                        .doesNotContain("unsafe"));
        assertThat(rest.get("/console.js").headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/javascript"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/console/", "/nothing", "/%2e%2e/OSGI-INF", "/api/v1/"})
    void listsNoFolder(String path) throws Exception {
        assertThat(rest.get(path).statusCode()).isBetween(400, 404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/console.js", "/api/v1/hosts", "/api/v1/events", "/api/v1/peer/alpha/facts"})
    void requiresAPassword(String path) throws Exception {
        // One user per path, because repeated failures are delayed.
        Rest stranger = new Rest(server.httpPort, path.equals("/") ? "karaf" : "karaf" + path, "karaf");

        assertThat(stranger.get(path).statusCode()).isEqualTo(401);
        assertThat(stranger.get(path).headers().firstValue("WWW-Authenticate")).isPresent();
    }

    @Test
    void letsAViewerReadButChangeNothing() throws Exception {
        String users = Files.readString(server.etc("users.properties"));
        Files.writeString(server.etc("users.properties"), users + "eve = secret,viewer\n");
        Rest viewer = new Rest(server.httpPort, "eve", "secret");

        assertThat(viewer.get("/api/v1/vms").statusCode()).isEqualTo(200);
        HttpResponse<String> refused = viewer.change("DELETE", "/api/v1/vms/web1", "");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("'eve'", "role 'admin'");
    }

    @Test
    void refusesAForgedChange() throws Exception {
        HttpRequest forged = rest.request("/api/v1/vms/web1/start")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();

        assertThat(rest.send(forged).statusCode()).isEqualTo(400);
        assertThat(rest.json("/api/v1/vms/web1").get("state").asText()).isEqualTo("shutoff");
    }

    @Test
    void answersErrorsAsProblems() throws Exception {
        HttpResponse<String> answer = rest.get("/api/v1/vms/nobody");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        JsonNode problem = Rest.JSON.readTree(answer.body());
        assertThat(problem.get("code").asText()).isEqualTo("vm-not-found");
        assertThat(problem.get("remedy").asText()).isNotEmpty();
        assertThat(rest.change("POST", "/api/v1/vms/web1/pairs", "{\"pool\":\"nowhere\"}")
                        .statusCode())
                .isEqualTo(422);
    }

    @Test
    void acceptsADefinitionWithTheContentTypeOfAFormAsCurlSendsIt() throws Exception {
        HttpRequest curl = rest.request("/api/v1/vms?host=beta")
                .header("X-Requested-With", "itests")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(definition("curled", "07")))
                .build();

        assertThat(rest.send(curl).statusCode()).isEqualTo(201);
    }

    @Test
    void publishesChanges() throws Exception {
        try (Stream<String> lines = rest.events()) {
            Iterator<String> stream = lines.iterator();
            CompletableFuture<String> news = CompletableFuture.supplyAsync(() -> {
                String line = stream.next();
                while (!line.contains("\"told\"")) {
                    line = stream.next();
                }
                return line;
            });
            assertThat(rest.change("POST", "/api/v1/vms?host=beta", definition("told", "05"))
                            .statusCode())
                    .isEqualTo(201);

            assertThat(news.get(30, TimeUnit.SECONDS)).startsWith("data: ");
        }
    }

    @Test
    void listensOnlyOnLoopback() throws Exception {
        List<Inet4Address> outside = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(Inet4Address.class::isInstance)
                .map(Inet4Address.class::cast)
                .toList();
        for (Inet4Address address : outside) {
            for (int port : List.of(server.sshPort, server.httpPort)) {
                if (!address.isLoopbackAddress()) {
                    assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> connect(address, port));
                }
            }
        }
        assertThat(listeners()).isNotEmpty().allMatch(local -> local.endsWith("0100007F"));
    }

    /** The addresses on which our two ports listen, as the kernel prints them. */
    private static List<String> listeners() throws IOException {
        List<String> ports = Stream.of(server.sshPort, server.httpPort)
                .map("%04X"::formatted)
                .toList();
        try (Stream<String> tcp = Files.lines(Path.of("/proc/net/tcp"));
                Stream<String> tcp6 = Files.lines(Path.of("/proc/net/tcp6"))) {
            return Stream.concat(tcp, tcp6)
                    .map(line -> line.strip().split("\\s+"))
                    .filter(fields ->
                            fields[3].equals("0A") && ports.contains(fields[1].split(":")[1]))
                    .map(fields -> fields[1].split(":")[0])
                    .map(local -> local.replaceFirst("^0000000000000000FFFF0000", ""))
                    .toList();
        }
    }

    private static void connect(Inet4Address address, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 2000);
        }
    }

    @Test
    void keepsTheGeneratedPasswordReadableOnlyForItsOwner() throws Exception {
        for (String file : List.of("admin.password", "users.properties")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.etc(file))))
                    .isEqualTo("rw-------");
        }
        assertThatExceptionOfType(SshException.class).isThrownBy(() -> {
            try (RemoteShell stranger = new RemoteShell(server.sshPort, "karaf", "karaf")) {
                stranger.run("understudy:vm-list");
            }
        });
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void endsOnRequestAndLeavesNoProcess() throws Exception {
        assertThat(server.processes()).isNotEmpty();

        server.stop();

        assertThat(server.processes()).isEmpty();
        assertThatExceptionOfType(ConnectException.class).isThrownBy(() -> rest.get("/"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;
import org.understudy.itests.karaf.RemoteShell.Said;

/** What users with different roles can do, over real logins. */
@ExtendWith(SharedKaraf.class)
@Timeout(300)
class AccessIT {
    private static final Set<String> READING = Set.of(
            "audit-list",
            "bulk-list",
            "bulk-show",
            "doctor",
            "history-list",
            "history-show",
            "host-list",
            "lint",
            "migration-list",
            "migration-show",
            "pool-list",
            "preflight",
            "readiness",
            "vf-list",
            "vm-list",
            "vm-show");

    private static final Set<String> OPERATING = Set.of(
            "bulk-cancel",
            "guest-check",
            "migrate",
            "migrate-bulk",
            "migration-cancel",
            "vm-destroy",
            "vm-pause",
            "vm-reset",
            "vm-resume",
            "vm-shutdown",
            "vm-start");

    /** What Karaf prints for a command that the roles of the user do not permit. */
    private static final Pattern REFUSAL = Pattern.compile("Command not found|Insufficient credentials");

    private static KarafServer server;
    private static String users;
    private static List<String> commands;

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        server = shared;
        server.startWith(
                "hosts:\n  - {name: alpha, connector: qemu, directory: %s/alpha, user: %s}\n"
                        .formatted(server.home, Built.qemuUser()),
                1);
        users = Files.readString(server.etc("users.properties"));
        Files.writeString(server.etc("users.properties"), users + """

                watcher = w1,viewer,ssh
                runner = r1,operator,ssh
                link = l1,peer
                visitor = v1,ssh
                chief = c1,admin,ssh
                """);
        server.awaitUntil("the access list in a file", () -> Files.exists(accessList()));
        Properties roles = new Properties();
        roles.load(new StringReader(Files.readString(accessList())));
        commands = roles.stringPropertyNames().stream()
                .filter(key -> key.matches("[a-z-]+"))
                .sorted()
                .toList();
        assertThat(commands).containsAll(READING).contains("vm-destroy").hasSizeGreaterThan(15);
    }

    private static Path accessList() {
        return server.etc("org.apache.karaf.command.acl.understudy.cfg");
    }

    @AfterAll
    static void removeUsers() throws IOException {
        if (users != null) {
            Files.writeString(server.etc("users.properties"), users);
        }
    }

    /** The commands that the user can run. Their arguments name nothing that exists, so that none has an effect. */
    private static List<String> permitted(String user, String password) throws IOException {
        try (RemoteShell shell = new RemoteShell(server.sshPort, user, password)) {
            List<String> permitted = new ArrayList<>();
            for (String command : commands) {
                Said said = shell.run("understudy:" + command + " none none");
                if (!REFUSAL.matcher(said.text()).find()) {
                    permitted.add(command);
                }
            }
            return permitted;
        }
    }

    @Test
    void letsAdminsRunEveryCommand() throws Exception {
        assertThat(permitted("chief", "c1")).isEqualTo(commands);
        assertThat(permitted("admin", server.password())).isEqualTo(commands);
    }

    @Test
    void letsViewersRunTheCommandsThatRead() throws Exception {
        assertThat(permitted("watcher", "w1")).containsExactlyInAnyOrderElementsOf(READING);
    }

    @Test
    void letsOperatorsRunVmsButDefineNone() throws Exception {
        assertThat(permitted("runner", "r1"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(READING.stream(), OPERATING.stream()).toList());
    }

    @Test
    void letsUsersWithTheRoleSshAloneRunNoCommand() throws Exception {
        assertThat(permitted("visitor", "v1")).isEmpty();
    }

    @Test
    void letsOnlyAdminsReadFilesOfTheServer() throws Exception {
        try (RemoteShell viewer = new RemoteShell(server.sshPort, "watcher", "w1");
                RemoteShell admin = new RemoteShell(server.sshPort, "chief", "c1")) {
            for (String options :
                    List.of("--file /etc/passwd", "--json --file=/etc/passwd", "--json \"\n\" --file -")) {
                assertThat(viewer.run("understudy:lint " + options).text())
                        .as(options)
                        .containsPattern(REFUSAL)
                        .doesNotContain("Remedy");
            }
            assertThat(admin.run("understudy:lint --file /etc/passwd").text()).contains("Error: ");
        }
    }

    @Test
    void namesTheRoleThatAUserOfRestDoesNotHave() throws Exception {
        HttpResponse<String> refused =
                new Rest(server.httpPort, "watcher", "w1").change("POST", "/api/v1/vms/none/start", "");

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        assertThat(Rest.JSON.readTree(refused.body()).get("code").asText()).isEqualTo("role-missing");
        assertThat(refused.body()).contains("User 'watcher' does not have the role 'operator'");
        assertThat(refused.headers().firstValue("Content-Security-Policy")).isPresent();
        server.awaitUntil(
                "the audit entry in the log",
                () -> Files.readString(server.home.resolve("data/log/karaf.log"))
                        .contains("User watcher from 127.0.0.1 by rest: power none refused, role-missing"));
    }

    /** Nothing with the name none exists, so that no call has an effect. */
    @ParameterizedTest
    @CsvSource({
        "GET,    /,                               watcher runner chief",
        "GET,    /api/v1/vms,                     watcher runner chief",
        "GET,    /api/v1/vms/none,                watcher runner chief",
        "GET,    /api/v1/vms/none/definition,     chief",
        "GET,    /api/v1/vms/none/guest,          watcher runner chief",
        "GET,    /api/v1/vms/none/lint,           watcher runner chief",
        "GET,    /api/v1/vms/none/preflight,      watcher runner chief",
        "POST,   /api/v1/vms?host=none,           chief",
        "DELETE, /api/v1/vms/none,                chief",
        "POST,   /api/v1/vms/none/pair,           chief",
        "DELETE, /api/v1/vms/none/pair,           chief",
        "POST,   /api/v1/vms/none/start,          runner chief",
        "POST,   /api/v1/vms/none/shutdown,       runner chief",
        "POST,   /api/v1/vms/none/destroy,        runner chief",
        "POST,   /api/v1/vms/none/reset,          runner chief",
        "POST,   /api/v1/vms/none/pause,          runner chief",
        "POST,   /api/v1/vms/none/resume,         runner chief",
        "GET,    /api/v1/migrations,              watcher runner chief",
        "GET,    /api/v1/migrations/none,         watcher runner chief",
        "POST,   /api/v1/migrations,              runner chief",
        "DELETE, /api/v1/migrations/none,         runner chief",
        "GET,    /api/v1/hosts,                   watcher runner chief",
        "GET,    /api/v1/pools,                   watcher runner chief",
        "GET,    /api/v1/vfs,                     watcher runner chief",
        "GET,    /api/v1/words,                   watcher runner chief",
        "GET,    /api/v1/doctor,                  watcher runner chief",
        "POST,   /api/v1/lint,                    watcher runner chief",
        "HEAD,   /api/v1/events,                  watcher runner chief",
        "POST,   /api/v1/provision/define,        runner chief",
        "GET,    /api/v1/session,                 watcher runner chief",
        "GET,    /api/v1/tokens,                  chief",
        "POST,   /api/v1/tokens,                  chief",
        "DELETE, /api/v1/tokens/none,             chief",
        "POST,   /api/v1/peer/none/facts,         link chief",
        "POST,   /api/v1/peer/none/undefine,      link chief",
        "PUT,    /api/v1/unknown,                 chief"
    })
    void permitsEachCallToTheRolesThatItNeeds(String method, String path, String permitted) throws Exception {
        for (String[] user :
                new String[][] {{"watcher", "w1"}, {"runner", "r1"}, {"visitor", "v1"}, {"link", "l1"}, {"chief", "c1"}
                }) {
            int status = new Rest(server.httpPort, user[0], user[1])
                    .change(method, path, "")
                    .statusCode();
            if (List.of(permitted.split(" ")).contains(user[0])) {
                assertThat(status).as(user[0]).isNotIn(401, 403, 500);
            } else {
                assertThat(status).as(user[0]).isEqualTo(403);
            }
        }
        HttpRequest anonymous = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + server.httpPort + "/understudy" + path))
                .header("X-Requested-With", "itests")
                .method(method, BodyPublishers.noBody())
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(anonymous, BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void delaysAndLogsFailedLoginsOfAUser() throws Exception {
        Rest guesser = new Rest(server.httpPort, "chief", "guess");
        for (int i = 0; i < 3; i++) {
            assertThat(guesser.get("/").statusCode()).isEqualTo(401);
        }

        HttpResponse<String> delayed = guesser.get("/");
        assertThat(delayed.statusCode()).isEqualTo(429);
        assertThat(delayed.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(new Rest(server.httpPort, "admin", server.password())
                        .get("/")
                        .statusCode())
                .isEqualTo(200);
        Rest chief = new Rest(server.httpPort, "chief", "c1");
        server.awaitUntil("the delay", () -> chief.get("/").statusCode() == 200);
        assertThat(Files.readString(server.home.resolve("data/log/karaf.log")))
                .contains("Login of user chief from 127.0.0.1: failed, further logins are refused for 1 s");
    }

    @Test
    void slowBodiesOfOneUserBlockNoOtherCall() throws Exception {
        Rest chief = new Rest(server.httpPort, "chief", "c1");
        server.awaitUntil("a login of both", () -> chief.get("/api/v1/hosts").statusCode() == 200);
        assertThat(new Rest(server.httpPort, "watcher", "w1")
                        .get("/api/v1/hosts")
                        .statusCode())
                .isEqualTo(200);
        String login = Base64.getEncoder().encodeToString("watcher:w1".getBytes(StandardCharsets.UTF_8));
        List<Socket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 250; i++) {
                Socket socket = new Socket("127.0.0.1", server.httpPort);
                slow.add(socket);
                socket.getOutputStream()
                        .write(("POST /understudy/api/v1/lint HTTP/1.1\r\nHost: a\r\nX-Requested-With: a\r\n"
                                        + "Authorization: Basic " + login + "\r\nContent-Length: 9\r\n\r\n<")
                                .getBytes(StandardCharsets.UTF_8));
            }
            Socket last = slow.get(slow.size() - 1);
            last.setSoTimeout(30_000);
            byte[] status = last.getInputStream().readNBytes("HTTP/1.1 429".length());
            assertThat(new String(status, StandardCharsets.UTF_8)).isEqualTo("HTTP/1.1 429");
            assertThat(chief.change("POST", "/api/v1/vms/none/start", "").statusCode())
                    .isEqualTo(404);
            assertThat(chief.change("POST", "/api/v1/lint", "<domain/>").statusCode())
                    .isNotIn(429, 503);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/understudy", "/understudy?x", "//evil.example/understudy", "/understudy/../understudy"})
    void redirectsToNoHostThatARequestNames(String path) throws Exception {
        byte[] login = ("admin:" + server.password()).getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket("127.0.0.1", server.httpPort)) {
            socket.getOutputStream()
                    .write(("GET " + path + " HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n"
                                    + "Connection: close\r\nAuthorization: Basic "
                                    + Base64.getEncoder().encodeToString(login) + "\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            String head =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\r\n\r\n")[0];

            assertThat(head).doesNotContain("evil.example").containsPattern("^HTTP/1.1 (302|400|404) ");
            if (!path.startsWith("//")) {
                assertThat(head).contains("Location: /understudy/");
            }
        }
    }

    @Test
    void showsAPeerWithoutTlsAsUnavailableWithTheReason() throws Exception {
        Path configuration = server.etc("understudy.yaml");
        String before = Files.readString(configuration);
        Rest rest = new Rest(server.httpPort, "admin", server.password());
        try {
            Files.writeString(configuration, before + """
                      - {name: far, connector: peer, url: "http://192.0.2.1:8181/understudy", user: admin, password-file: %s}
                    """.formatted(server.etc("admin.password")));

            server.awaitUntil(
                    "the state of the peer",
                    () -> rest.get("/api/v1/hosts")
                            .body()
                            .contains(
                                    "url 'http://192.0.2.1:8181/understudy' would send the password of user 'admin'"));
            assertThat(rest.json("/api/v1/hosts").findValuesAsText("available")).containsExactly("true", "false");
            assertThat(rest.json("/api/v1/vms").get("findings").findValuesAsText("subject"))
                    .containsExactly("host far");
        } finally {
            Files.writeString(configuration, before);
        }
    }

    @Test
    void letsOnlyAdminsReadTheFilesOfTheServerByCommandsOfKaraf() throws Exception {
        try (RemoteShell visitor = new RemoteShell(server.sshPort, "visitor", "v1");
                RemoteShell viewer = new RemoteShell(server.sshPort, "watcher", "w1")) {
            for (RemoteShell shell : List.of(visitor, viewer)) {
                for (String command : List.of(
                        "cat etc/admin.password",
                        "shell:cat etc/admin.password",
                        "head etc/admin.password",
                        "tail etc/admin.password",
                        "sort etc/admin.password",
                        "less etc/admin.password",
                        "grep . etc/admin.password",
                        "source etc/admin.password",
                        "(\"a\" getClass)",
                        "config:list",
                        "system:shutdown")) {
                    assertThat(shell.run(command).text()).as(command).doesNotContain(server.password(), "Pid:");
                }
            }
            assertThat(viewer.run("less -F etc/admin.password").text()).doesNotContain(server.password());
        }
        try (RemoteShell admin = new RemoteShell(server.sshPort, "chief", "c1")) {
            assertThat(admin.run("cat etc/admin.password").text()).contains(server.password());
        }
    }

    @Test
    void opensAShellForViewersWithoutErrors() throws Exception {
        try (RemoteShell viewer = new RemoteShell(server.sshPort, "watcher", "w1");
                Conversation terminal = viewer.terminal()) {
            terminal.awaitText("()>");
            terminal.type("understudy:vm-list\r");
            terminal.awaitText("No VMs");
            assertThat(terminal.text()).doesNotContain("Error", "Insufficient", "Command not found");
        }
    }

    @Test
    void opensNoEditorOrPagerForUsersWithoutTheRoleAdmin() throws Exception {
        try (RemoteShell visitor = new RemoteShell(server.sshPort, "visitor", "v1");
                Conversation terminal = visitor.terminal()) {
            terminal.awaitText("()>");
            // Control-X Control-E, and Control-R in the editor
            terminal.type("\u0018\u0005\u0012");
            terminal.type("\u0007echo abc\r");
            terminal.awaitText("abc");
            terminal.type("help\r");
            terminal.awaitText("Displays this help or help about a command");
            terminal.type("logout\r");
            assertThat(terminal.end().text())
                    .doesNotContain("jline-execute", "GNU nano", "Read File", "Insufficient", "Command not found");
        }
    }

    @Test
    void letsTheClientOfTheSameMachineRunCommands() throws Exception {
        Path commands = Files.writeString(server.home.resolve("commands"), "understudy:vm-list\n");
        Process client = new ProcessBuilder(
                        server.home.resolve("bin/client").toString(), "-u", "admin", "-p", server.password(), "-b")
                .redirectInput(commands.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(client.waitFor()).as(said).isZero();
        assertThat(said).contains("No VMs");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.api.HistoryPolicy.PostgresPolicy;
import org.understudy.history.testing.PostgresServer;
import org.understudy.itests.Built;
import org.understudy.itests.karaf.RemoteShell.Said;

/** Shell and REST with a running guest: each migration is a real one. */
@Tag("two-hosts")
@ExtendWith(SharedKaraf.class)
@Order(0)
@Timeout(300)
class FacesIT {
    private static final String CONFIGURATION = """
            hosts:
              - {name: alpha, connector: qemu, directory: %1$s/alpha, accelerator: tcg, user: %2$s}
              - {name: beta, connector: qemu, directory: %1$s/beta, accelerator: tcg, user: %2$s}
            pools:
              - {name: stand-in, kind: emulated, model: e1000e}
            allow-emulated-primary: true
            migration: {settle: 500ms}
            """;
    private static final List<String> STEPS =
            List.of("preflight", "lease", "to-standby", "copy", "switch", "to-primary", "release");
    private static final List<String> TITLES = List.of(
            "1 Preflight",
            "2 Lease VF on destination",
            "3 Traffic to standby",
            "4 Copy memory",
            "5 Switch host",
            "6 Traffic to VF",
            "7 Release VF on source");

    /** Control-U, which clears the line in the shell. */
    private static final String CLEAR_LINE = "\u0015";

    private static KarafServer server;
    private static RemoteShell shell;
    private static Rest rest;
    private static TestGuest guest;
    private static int heartbeats;

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        Built.guest();
        server = shared;
        rest = server.startWith(CONFIGURATION.formatted(server.home, Built.qemuUser()), 2);
        shell = new RemoteShell(server.sshPort, "admin", server.password());
        heartbeats = KarafServer.freeUdpPort();
        guest = TestGuest.start(
                rest,
                server,
                "alpha",
                "walker",
                "understudy.interval=20 understudy.heartbeat=10.0.2.2:%d".formatted(heartbeats));
    }

    @AfterAll
    static void end() throws IOException {
        if (shell != null) {
            shell.close();
        }
    }

    /** The host on which the guest does not run, as soon as the preflight has no findings. */
    private static String destination() throws Exception {
        guest.awaitActive();
        String destination = guest.host().equals("alpha") ? "beta" : "alpha";
        guest.awaitClear(destination);
        return destination;
    }

    private static JsonNode json(Said said) throws IOException {
        return Rest.JSON.readTree(said.text());
    }

    private static JsonNode newestMigration() throws Exception {
        return rest.json("/api/v1/migrations").get(0);
    }

    @Test
    void printsEachStepOfAMigrationWhileItRuns() throws Exception {
        String destination = destination();
        String command =
                "understudy:migrate walker %s --probe heartbeat:127.0.0.1:%d/1".formatted(destination, heartbeats);
        try (Conversation migrate = shell.start(command, "")) {
            migrate.awaitText("2 Lease VF on destination");
            assertThat(newestMigration().has("outcome"))
                    .as("ended when the shell printed step 2")
                    .isFalse();
            Said said = migrate.end();

            assertThat(said.text()).containsSubsequence(TITLES);
            assertThat(said.text())
                    .contains("Primary      emulated", "Outcome      completed", "Network gap  ", "packets lost");
            assertThat(said.status()).isZero();
        }
        assertThat(guest.place()).isEqualTo("running on " + destination);
    }

    @Test
    void printsAMigrationAsOneDocumentThatCanBeShownAgain() throws Exception {
        Said said = shell.run("understudy:migrate --json walker " + destination());

        assertThat(said.status()).isZero();
        JsonNode migration = json(said);
        assertThat(migration.get("outcome").asText()).isEqualTo("completed");
        assertThat(migration.get("primaries")).extracting(JsonNode::asText).containsExactly("emulated");
        assertThat(migration.get("steps").findValuesAsText("step")).isEqualTo(STEPS);
        assertThat(migration.get("steps").findValuesAsText("state")).containsOnly("done");
        String id = migration.get("id").asText();
        Said shown = shell.run("understudy:migration-show --json " + id);
        assertThat(json(shown)).isEqualTo(migration).isEqualTo(rest.json("/api/v1/migrations/" + id));
        assertThat(shown.status()).isZero();
        assertThat(shell.run("understudy:migration-show " + id).text()).containsSubsequence(TITLES);
        assertThat(shell.run("understudy:migration-list").text()).contains(id, "emulated", "completed");
        assertThat(json(shell.run("understudy:migration-list --json")).findValuesAsText("id"))
                .contains(id);
    }

    @Test
    void showsWhatCanBeMigratedMigratesItInBulkAndCountsIt() throws Exception {
        String destination = destination();
        JsonNode readiness = json(shell.run("understudy:readiness --json"));
        assertThat(readiness.get("vms").findValuesAsText("vm")).containsExactly("walker");
        assertThat(readiness.at("/vms/0/ready").asBoolean()).isTrue();
        assertThat(readiness.at("/vms/0/best").asText()).isEqualTo(destination);
        assertThat(rest.json("/api/v1/readiness?host=" + destination).get("vms"))
                .isEmpty();

        String bulkId =
                shell.run("understudy:migrate-bulk walker --detach").text().strip();
        server.awaitUntil(
                "the start of the migration",
                () -> !firstEntry(bulkId).path("migration").isMissingNode());
        String id = firstEntry(bulkId).get("migration").asText();
        assertThat(shell.run("understudy:readiness").text()).contains("migration-running", "Migration " + id);

        Said followed = shell.run("understudy:migration-show --follow " + id);
        assertThat(followed.text()).containsSubsequence(TITLES).contains("Outcome      completed");
        assertThat(followed.status()).isZero();
        Said ended = shell.run("understudy:bulk-show --follow " + bulkId);
        assertThat(ended.text()).contains("walker", "completed", id);
        assertThat(ended.status()).isZero();
        assertThat(guest.place()).isEqualTo("running on " + destination);
        assertThat(rest.get("/metrics").body())
                .containsPattern("understudy_migrations_total\\{outcome=\"completed\"} [1-9]")
                .containsPattern("understudy_call_seconds_count\\{kind=\"qemu\"} [1-9]")
                .contains("understudy_migration_step_seconds_bucket{state=\"done\",step=\"copy\",le=");
    }

    private static JsonNode firstEntry(String bulkId) throws IOException {
        return json(shell.run("understudy:bulk-show --json " + bulkId)).at("/entries/0");
    }

    @Test
    void streamsEveryStepOfAMigrationToTheConsole() throws Exception {
        String destination = destination();
        try (Stream<String> lines = rest.events()) {
            Iterator<String> stream = lines.iterator();
            CompletableFuture<List<JsonNode>> updates = CompletableFuture.supplyAsync(() -> migration(stream));

            guest.migrate(destination);

            List<JsonNode> seen = updates.get(30, TimeUnit.SECONDS);
            assertThat(seen)
                    .extracting(m -> m.get("revision").asLong())
                    .isSorted()
                    .doesNotHaveDuplicates();
            assertThat(seen).filteredOn(m -> m.has("outcome")).hasSize(1);
            // An update that is superseded is dropped, but no step is that short.
            assertThat(seen).flatExtracting(m -> running(m.get("steps"))).contains("to-standby", "copy", "to-primary");
        }
    }

    /** The updates of one migration after the state with which the stream begins, up to its end. */
    private static List<JsonNode> migration(Iterator<String> stream) {
        List<JsonNode> updates = new ArrayList<>();
        try {
            while (!stream.next().equals("event: ready")) {
                // Earlier migrations.
            }
            while (updates.isEmpty() || !updates.get(updates.size() - 1).has("outcome")) {
                if (stream.next().equals("event: migration")) {
                    updates.add(Rest.JSON
                            .readTree(stream.next().substring("data: ".length()))
                            .get("value"));
                }
            }
            return updates;
        } catch (IOException e) {
            throw new AssertionError("an event is no JSON", e);
        }
    }

    private static List<String> running(JsonNode steps) {
        List<String> running = new ArrayList<>();
        steps.forEach(step -> {
            if (step.get("state").asText().equals("running")) {
                running.add(step.get("step").asText());
            }
        });
        return running;
    }

    @Test
    void reportsTheSamePreflightInShellAndRest() throws Exception {
        String destination = destination();

        Said clear = shell.run("understudy:preflight --json walker " + destination);
        assertThat(clear.status()).isZero();
        assertThat(json(clear)).isEqualTo(rest.json("/api/v1/vms/walker/preflight?destination=" + destination));
        assertThat(json(clear))
                .filteredOn(finding -> finding.toString().contains("e1000e"))
                .singleElement()
                .extracting(finding -> finding.get("code").asText())
                .isEqualTo("emulated-primary");
        Said refused = shell.run("understudy:preflight --json walker " + guest.host());
        assertThat(refused.status()).isEqualTo(4);
        assertThat(json(refused))
                .isEqualTo(rest.json("/api/v1/vms/walker/preflight?destination=" + guest.host()))
                .extracting(finding -> finding.get("code").asText())
                .contains("same-host");
    }

    @Test
    void reportsTheSameFindingsInShellAndRest() throws Exception {
        String good = rest.get("/api/v1/vms/walker/definition").body();
        String broken = good.replaceFirst("52:54:00:11:22:33", "52:54:00:11:22:34");

        JsonNode judged = Rest.JSON.readTree(
                rest.change("POST", "/api/v1/lint?host=alpha", broken).body());
        assertThat(judged)
                .filteredOn(finding -> finding.get("code").asText().equals("mac-mismatch"))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.get("severity").asText()).isEqualTo("error");
                    assertThat(finding.get("message").asText()).contains("52:54:00:11:22:34");
                });
        Said byShell = shell.run("understudy:lint --json --host alpha --file -", broken);
        assertThat(json(byShell)).isEqualTo(judged);
        assertThat(byShell.status()).isEqualTo(4);
        Said stored = shell.run("understudy:lint --json walker");
        assertThat(json(stored)).isEqualTo(rest.json("/api/v1/vms/walker/lint"));
        assertThat(stored.status()).isZero();
    }

    @Test
    void examinesTheServerAndFindsAConfigurationThatIsNotInForce() throws Exception {
        Said well = shell.run("understudy:doctor --json");
        assertThat(well.status()).isZero();
        assertThat(json(well))
                .extracting(finding -> finding.get("severity").asText())
                .doesNotContain("error");

        String before = Files.readString(server.etc("understudy.yaml"));
        Files.writeString(server.etc("understudy.yaml"), before + "netwrk-pools: {}\n");
        server.awaitUntil(
                "the edit is seen", () -> shell.run("understudy:doctor").status() == 4);
        Said ill = shell.run("understudy:doctor --json");
        assertThat(json(ill))
                .filteredOn(finding -> finding.get("code").asText().equals("configuration-rejected"))
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.get("message").asText()).contains("netwrk-pools", "understudy.yaml"));
        assertThat(rest.json("/api/v1/hosts")).hasSize(2);

        Files.writeString(server.etc("understudy.yaml"), before);
        server.awaitUntil(
                "the mend is seen", () -> shell.run("understudy:doctor").status() == 0);
    }

    @Test
    void editOfItsHostsEndsNoMigration() throws Exception {
        String destination = destination();
        String whole = Files.readString(server.etc("understudy.yaml"));
        // Bytes per second: the edits come before the end of the copy.
        String migration = guest.begin(destination, ",\"bandwidth\":8388608");
        guest.awaitStep(migration, "copy");
        String id = migration.substring(migration.lastIndexOf('/') + 1);

        Files.writeString(server.etc("understudy.yaml"), "");
        server.awaitUntil(
                "the empty file is seen", () -> shell.run("understudy:doctor").status() == 4);
        assertThat(rest.json("/api/v1/hosts")).hasSize(2);
        Files.writeString(server.etc("understudy.yaml"), whole.replace("accelerator: tcg", "accelerator: magic"));
        server.awaitUntil(
                "the wrong value is seen",
                () -> hostFindings("configuration-rejected").size() == 2);
        assertThat(hostFindings("configuration-rejected"))
                .allSatisfy(message -> assertThat(message).contains("'accelerator'", "'magic'"));
        Files.writeString(
                server.etc("understudy.yaml"),
                whole.replace("accelerator: tcg", "accelerator: tcg, migration-ports: 49300-49399"));
        server.awaitUntil(
                "new options wait", () -> hostFindings("configuration-pending").size() == 2);
        assertThat(hostFindings("configuration-pending"))
                .containsExactly(
                        "Host alpha: new options apply after migration " + id + " has ended",
                        "Host beta: new options apply after migration " + id + " has ended");
        assertThat(shell.run("understudy:doctor").text()).contains("new options apply after migration " + id);
        assertThat(rest.json(migration).has("outcome"))
                .as("ended before the last edit was seen")
                .isFalse();

        guest.awaitEnd(migration);

        JsonNode moved = rest.json(migration);
        assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
        server.awaitUntil(
                "new options apply", () -> hostFindings("configuration-pending").isEmpty());
        assertThat(guest.migrate(destination())).isNotEmpty();
        Files.writeString(server.etc("understudy.yaml"), whole);
        server.awaitUntil("hosts are open", () -> guest.place().startsWith("running"));
    }

    /** The messages of the findings of this code of all hosts. */
    private static List<String> hostFindings(String code) throws Exception {
        List<String> messages = new ArrayList<>();
        rest.json("/api/v1/hosts")
                .findValues("findings")
                .forEach(all -> all.forEach(finding -> {
                    if (finding.get("code").asText().equals(code)) {
                        messages.add(finding.get("message").asText());
                    }
                }));
        return messages;
    }

    @Test
    void completesNamesOfVmsPoolsAndHostsOnATerminal() throws Exception {
        try (Conversation terminal = shell.terminal()) {
            terminal.awaitText("()>");
            terminal.type("understudy:vm-show wal\t\r");
            terminal.awaitText("52:54:00:11:22:33");
            terminal.forget();
            terminal.type("understudy:migrate walker \t");
            terminal.awaitText("alpha");
            terminal.awaitText("beta");
            terminal.type(CLEAR_LINE + "understudy:pair-on walker --dr\t--pool stan\t\r");
            terminal.awaitText("Nothing was changed.");
            terminal.forget();
            terminal.type("understudy:pair-on --dry-run --pool stan\twalker\r");
            terminal.awaitText("Nothing was changed.");
        }
    }

    /** Two hosts of libvirt's test driver have a VM of this name, which contains what URLs and the shell interpret. */
    @Test
    void addressesVmsOfAnyNameAndTwoVmsOfOneName() throws Exception {
        String name = "web: b\u00FCro \uD83D\uDE00 $(x)";
        String first = "6f1c7f8e-4d1b-4b0c-9a52-00000000000a";
        String second = "6f1c7f8e-4d1b-4b0c-9a52-00000000000b";
        String path =
                "/api/v1/vms/" + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        String whole = Files.readString(server.etc("understudy.yaml"));
        String more = testDriver("gamma", name, first) + testDriver("delta", name, second);
        server.startWith(whole.replace("pools:", more + "pools:"), 4);
        try {
            assertThat(rest.json("/api/v1/vms").findValuesAsText("name")).contains(name, "gamma-solo", "delta-solo");
            HttpResponse<String> ambiguous = rest.get(path);
            assertThat(ambiguous.statusCode()).isEqualTo(409);
            assertThat(ambiguous.body()).contains("vm-ambiguous", "delta/web: ", "gamma/web: ", first, second);
            assertThat(rest.json(path + "?host=delta").get("uuid").asText()).isEqualTo(second);
            assertThat(rest.json("/api/v1/vms/" + first).get("name").asText()).isEqualTo(name);
            assertThat(rest.change("POST", path + "/destroy?host=gamma", "").statusCode())
                    .isEqualTo(200);
            assertThat(rest.json("/api/v1/vms/" + first).get("state").asText()).isEqualTo("shutoff");
            assertThat(rest.json("/api/v1/vms/" + second).get("state").asText()).isEqualTo("running");

            Said refused = shell.run("understudy:vm-show '" + name + "'");
            assertThat(refused.text()).contains("gamma/web: ", "delta/web: ");
            assertThat(refused.status()).isEqualTo(4);
            Said shown = shell.run("understudy:vm-show --json 'delta/" + name + "'");
            assertThat(json(shown).get("uuid").asText()).isEqualTo(second);
            assertThat(json(shell.run("understudy:vm-start --json " + first))
                            .get("state")
                            .asText())
                    .isEqualTo("running");
            assertThat(shell.run("understudy:vm-list").text()).contains(name);
            try (Conversation terminal = shell.terminal()) {
                terminal.awaitText("()>");
                terminal.type("understudy:vm-show gam\t\r");
                terminal.awaitText("gamma-solo  ");
                terminal.forget();
                terminal.type("understudy:vm-show 6f1c7f8e-4d1b-4b0c-9a52-00000000000b\t\r");
                terminal.awaitText("on delta");
            }
        } finally {
            server.startWith(whole, 2);
        }
    }

    /** An entry of the configuration for a host with two running VMs: one of this name, and one of its own. */
    private static String testDriver(String host, String name, String uuid) throws IOException {
        Path file = server.home.resolve(host + ".xml");
        String vm = """
                <domain type='test'>
                  <name>%s</name>
                  <uuid>%s</uuid>
                  <memory unit='MiB'>64</memory>
                  <os><type arch='i686'>hvm</type></os>
                </domain>
                """;
        Files.writeString(
                file,
                "<node>" + vm.formatted(name, uuid)
                        + vm.formatted(host + "-solo", UUID.nameUUIDFromBytes(host.getBytes(StandardCharsets.UTF_8)))
                        + "</node>");
        return "  - {name: %s, connector: libvirt, uri: 'test://%s'}%n".formatted(host, file);
    }

    @Test
    void asksBeforeAPairOfARunningVmIsSwitchedOff() throws Exception {
        guest.awaitActive();
        try (Conversation terminal = shell.terminal()) {
            terminal.awaitText("()>");
            terminal.type("understudy:pair-off walker\r");
            terminal.awaitText("pair-off unplugs the primary at once");
            terminal.awaitText("Unplug the primary? (yes/no)");
            terminal.type("no\r");
            terminal.awaitText("Pair of VM walker was not changed");
        }
        Said refused = shell.run("understudy:pair-off walker");
        assertThat(refused.text()).contains("Option --yes is missing", "unplugs the primary at once");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(rest.json("/api/v1/vms/walker").at("/pairs/0/health").asText())
                .isEqualTo("active");

        Said off = shell.run("understudy:pair-off walker --yes --json");
        assertThat(json(off).get("effect").asText()).isEqualTo("at-once");
        server.awaitUntil(
                "the unplug",
                () -> !rest.json("/api/v1/vms/walker")
                        .at("/pairs/0/health")
                        .asText()
                        .equals("active"));
        Said on = shell.run("understudy:pair-on walker --pool stand-in");
        assertThat(on.status()).as(on.text()).isZero();
        guest.awaitActive();
    }

    /** The drivers are those inside the bundle. */
    @Test
    void keepsMigrationsInAFileOrInPostgresAcrossARestartOfTheBundle() throws Exception {
        if (rest.json("/api/v1/migrations").isEmpty()) {
            guest.migrate(destination());
        }
        JsonNode migration = newestMigration();
        String file = "jdbc:h2:file:%s/data/understudy/history/history;ACCESS_MODE_DATA=r".formatted(server.home);
        bundle("restart");
        awaitHistory("the history in its file");
        bundle("stop");
        try (Connection stored = new org.h2.Driver().connect(file, user("sa"))) {
            assertThat(outcome(stored, migration)).isEqualTo(text(migration, "outcome"));
        }
        String whole = CONFIGURATION.formatted(server.home, Built.qemuUser());
        try (PostgresServer postgres = new PostgresServer()) {
            PostgresPolicy place = postgres.newDatabase("faces", server.home);
            String section =
                    "history: {postgresql: {host: 127.0.0.1, port: %d, database: faces, user: %s, password-file: %s}}\n"
                            .formatted(
                                    place.port(),
                                    place.user(),
                                    place.passwordFile().orElseThrow());
            server.startWith(whole + section, 2);
            bundle("start");
            try (Connection stored = postgres.connect("faces")) {
                server.awaitUntil(
                        "the migration in PostgreSQL",
                        () -> outcome(stored, migration).equals(text(migration, "outcome")));
            }
            awaitHistory("the history in PostgreSQL");
        } finally {
            server.startWith(whole, 2);
            bundle("start");
        }
        awaitHistory("the history in its file again");
    }

    private static void bundle(String command) throws Exception {
        shell.run("bundle:" + command + " org.understudy.history");
    }

    /** Without findings, it is open. */
    private static void awaitHistory(String what) {
        server.awaitUntil(
                what,
                () -> shell.run("bundle:list").text().matches("(?s).*Active[^\n]*Understudy History.*")
                        && !shell.run("understudy:doctor").text().contains("history-"));
    }

    private static String text(JsonNode node, String key) {
        return node.get(key).asText();
    }

    private static Properties user(String name) {
        Properties user = new Properties();
        user.setProperty("user", name);
        return user;
    }

    private static String outcome(Connection stored, JsonNode migration) throws SQLException {
        try (PreparedStatement select =
                stored.prepareStatement("select outcome from understudy_history where id = ?")) {
            select.setString(1, text(migration, "id"));
            try (ResultSet found = select.executeQuery()) {
                return found.next() ? found.getString(1) : "";
            }
        }
    }
}

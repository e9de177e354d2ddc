// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;

/** A management server in the same Karaf defines, starts and migrates without the shell and REST of Understudy. */
@ExtendWith(SharedKaraf.class)
@Timeout(300)
class ManagerIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static KarafServer server;
    private static Rest rest;

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        Built.guest();
        server = shared;
        rest = server.startWith("""
                hosts:
                  - {name: alpha, connector: qemu, directory: %1$s/alpha, accelerator: tcg, user: %2$s}
                  - {name: beta, connector: qemu, directory: %1$s/beta, accelerator: tcg, user: %2$s}
                pools:
                  - {name: stand-in, kind: emulated, model: e1000e}
                allow-emulated-primary: true
                migration: {settle: 500ms}
                """.formatted(server.home, Built.qemuUser()), 2);
        try (RemoteShell shell = new RemoteShell(server.sshPort, "admin", server.password())) {
            assertThat(shell.run("bundle:install -s file:" + Built.exampleManager())
                            .status())
                    .isZero();
        }
        server.awaitUntil("the manager", () -> ask("GET", "", "").statusCode() == 200);
    }

    @AfterAll
    static void end() throws IOException {
        if (server != null) {
            try (RemoteShell shell = new RemoteShell(server.sshPort, "admin", server.password())) {
                assertThat(shell.run("bundle:uninstall org.understudy.itests.manager")
                                .status())
                        .isZero();
            }
        }
    }

    private static HttpResponse<String> ask(String method, String path, String body) throws Exception {
        return CLIENT.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/manager%s".formatted(server.httpPort, path)))
                        .timeout(Duration.ofSeconds(60))
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static void requireOk(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void definesStartsAndMigratesAPairThroughTheServicesAlone() throws Exception {
        requireOk(ask("POST", "/define?host=alpha&pool=stand-in", TestGuest.definition(server, "mover", "")));
        assertThat(rest.get("/api/v1/vms/mover/definition").body())
                .contains("<teaming type='persistent'/>", "type='transient'");

        requireOk(ask("POST", "/start?vm=mover", ""));
        TestGuest mover = new TestGuest(rest, "mover");
        mover.awaitActive();
        mover.awaitClear("beta");
        requireOk(ask("POST", "/migrate?vm=mover&host=beta", ""));

        server.awaitUntil(
                "what the manager hears of it",
                () -> ask("GET", "", "").body().contains("migration of mover: COMPLETED"));
        assertThat(mover.place()).isEqualTo("running on beta");
        assertThat(ask("GET", "", "").body()).contains("pair of mover on alpha: ACTIVE");
    }

    @Test
    void isRefusedAPoolThatDoesNotExistAndDefinesNothing() throws Exception {
        HttpResponse<String> answer =
                ask("POST", "/define?host=alpha&pool=nowhere", TestGuest.definition(server, "poolless", ""));

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("ERROR pool-unknown", "nowhere");
        assertThat(rest.get("/api/v1/vms/poolless").statusCode()).isEqualTo(404);
    }

    @Test
    void vetoesAMigrationByAServiceOfItsOwnAlsoForOtherManagers() throws Exception {
        String stays = TestGuest.definition(server, "keeper", "").replace("</name>", "</name><title>stays</title>");
        requireOk(ask("POST", "/define?host=alpha&pool=stand-in", stays));

        HttpResponse<String> answer = ask("POST", "/migrate?vm=keeper&host=beta", "");

        assertThat(answer.statusCode()).isEqualTo(409);
        assertThat(answer.body()).contains("ERROR vetoed: The VM has the title");
        assertThat(rest.json("/api/v1/migrations").findValuesAsText("vm")).doesNotContain("keeper");
        String asked = rest.change("POST", "/api/v1/provision/migrate?host=beta", stays)
                .body();
        assertThat(Rest.JSON.readTree(asked).get("findings").findValuesAsText("code"))
                .contains("vetoed");
    }
}

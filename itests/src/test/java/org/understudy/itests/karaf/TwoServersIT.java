// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.itests.Built;

/** Two servers with one host each: both migrate a VM to the host of the second at once, and one of them migrates it back. */
@Timeout(420)
class TwoServersIT {
    private static final String HOST = """
            hosts:
              - {name: %1$s, connector: qemu, directory: %2$s/%1$s, accelerator: tcg, user: %3$s}
            """;
    private static final String PEER = """
              - {name: %s, connector: peer, url: "http://127.0.0.1:%d/understudy", user: admin, password-file: %s}
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
            Rest far = there.startWith(HOST.formatted("beta", there.home, Built.qemuUser()) + REST_OF_FILE, 1);
            Rest near = here.startWith(
                    HOST.formatted("alpha", here.home, Built.qemuUser()) + peer("beta", there) + REST_OF_FILE, 2);
            there.startWith(
                    HOST.formatted("beta", there.home, Built.qemuUser()) + peer("alpha", here) + REST_OF_FILE, 2);
            TestGuest mover = TestGuest.start(near, here, "alpha", "mover", "");
            assertOneMoves(mover, mover.on(far), "beta");
            assertThat(mover.place()).isEqualTo("running on beta");
            assertThat(mover.on(far).place()).isEqualTo("running on beta");
            mover.on(far).awaitActive();
            assertThat(outcome(near, mover.migrate("alpha"))).isEqualTo("completed");
            assertThat(mover.place()).isEqualTo("running on alpha");
            assertThat(far.json("/api/v1/vms").findValuesAsText("host")).containsExactly("alpha");
            near.change("POST", "/api/v1/vms/mover/destroy", "");
            here.stop();
            there.stop();
        }
    }

    private static String peer(String host, KarafServer server) {
        return PEER.formatted(host, server.httpPort, server.etc("admin.password"));
    }

    /** One server completes the migration; the other one refuses it, or ends its own and names the one that moves the VM. */
    private static void assertOneMoves(TestGuest one, TestGuest two, String destination) throws Exception {
        one.awaitClear(destination);
        two.awaitClear(destination);
        String request = "{\"vm\":\"%s\",\"destination\":\"%s\"}".formatted(one.name(), destination);
        List<CompletableFuture<HttpResponse<String>>> started = Stream.of(one, two)
                .map(guest -> CompletableFuture.supplyAsync(() -> post(guest.rest(), request)))
                .toList();
        List<String> outcomes = new ArrayList<>();
        for (TestGuest guest : List.of(one, two)) {
            HttpResponse<String> answer = started.get(outcomes.size()).join();
            // 422 if the preflight sees the migration of the other server.
            if (answer.statusCode() == 409 || answer.statusCode() == 422) {
                outcomes.add("failed-on-source");
                continue;
            }
            String path = "/api/v1/migrations/"
                    + Rest.JSON.readTree(answer.body()).get("id").asText();
            guest.awaitEnd(path);
            JsonNode end = guest.rest().json(path);
            outcomes.add(end.get("outcome").asText());
            if (!outcomes.get(outcomes.size() - 1).equals("completed")) {
                assertThat(end.at("/findings/0/code").asText()).as("%s", end).isEqualTo("other-migration");
                assertThat(end.findValuesAsText("remedy")).noneMatch(remedy -> remedy.startsWith("Start the VM"));
            }
        }
        assertThat(outcomes).containsExactlyInAnyOrder("completed", "failed-on-source");
    }

    private static HttpResponse<String> post(Rest rest, String migration) {
        try {
            return rest.change("POST", "/api/v1/migrations", migration);
        } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
        }
    }

    private static String outcome(Rest rest, String migration) throws Exception {
        return rest.json(migration).get("outcome").asText();
    }
}

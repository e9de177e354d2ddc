// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Action;
import org.understudy.api.Role;

class RouteTableTest {
    private static RouteTable table;

    @BeforeAll
    static void start() throws IOException {
        table = Routes.ofAllServlets();
    }

    private static RouteTable.Target target(String call) throws IOException {
        String[] parts = call.split(" ", 2);
        return table.find(new Exchange(parts[0], parts[1], "").request);
    }

    private static Action action(String call) throws IOException {
        return target(call).action().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "GET /, VIEW",
        "GET /console.js, VIEW",
        "GET /api/v1/vms, VIEW",
        "HEAD /api/v1/vms/web1, VIEW",
        "GET /api/v1/vms/web1/definition, READ_DEFINITION",
        "HEAD /api/v1/vms/web1/definition, READ_DEFINITION",
        "GET /api/v1/vms/web1/guest, VIEW",
        "POST /api/v1/vms/web1/guest-check, CHECK_GUEST",
        "GET /api/v1/events, VIEW",
        "OPTIONS /api/v1/vms, VIEW",
        "GET /api/v1/audit, READ_AUDIT",
        "HEAD /api/v1/audit, READ_AUDIT",
        "GET /api/v1/history, VIEW",
        "GET /api/v1/history/m-1, VIEW",
        "GET /api/v1/tokens, TOKENS",
        "POST /api/v1/tokens, TOKENS",
        "DELETE /api/v1/tokens/abc, TOKENS",
        "GET /api/v1/session, VIEW",
        "DELETE /api/v1/session, VIEW",
        "POST /api/v1/lint, VIEW",
        "POST /api/v1/vms, DEFINE",
        "DELETE /api/v1/vms/web1, UNDEFINE",
        "POST /api/v1/vms/web1/pair, PAIR",
        "DELETE /api/v1/vms/web1/pair, PAIR",
        "POST /api/v1/vms/web1/start, POWER",
        "POST /api/v1/vms/web1/shutdown, POWER",
        "POST /api/v1/vms/web1/destroy, POWER",
        "POST /api/v1/vms/web1/reset, POWER",
        "POST /api/v1/vms/web1/pause, POWER",
        "POST /api/v1/vms/web1/resume, POWER",
        "POST /api/v1/vms/web1/pairs, PAIR",
        "DELETE /api/v1/vms/web1/pairs/0, PAIR",
        "PUT /api/v1/vms/web1/definition, DEFINE",
        "POST /api/v1/vms/web1/fix, DEFINE",
        "POST /api/v1/bulk-migrations, MIGRATE",
        "DELETE /api/v1/bulk-migrations/b-1, CANCEL",
        "POST /api/v1/migrations, MIGRATE",
        "DELETE /api/v1/migrations/m-1, CANCEL",
        "POST /api/v1/provision/arriving, PROVISION",
        "POST /api/v1/peer/alpha/vms, PEER_READ",
        "POST /api/v1/peer/alpha/outgoing/web1/progress, PEER_READ",
        "POST /api/v1/peer/alpha/definition, PEER_READ",
        "POST /api/v1/peer/alpha/incoming/web1/uri, PEER_READ",
        "POST /api/v1/peer/alpha/incoming/web1/uri/x, PEER_CHANGE",
        "POST /api/v1/peer/alpha/define, PEER_CHANGE",
        "POST /api/v1/peer/alpha/outgoing/web1/cancel, PEER_CHANGE"
    })
    void knowsTheActionOfEachCall(String call, Action action) throws IOException {
        assertThat(action(call)).isEqualTo(action);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /api/v1/vms//web1/definition/",
                "GET /api/v1/vms/a\nb/definition",
                "HEAD /api/v1/vms/web1//definition"
            })
    void readsAPathAsTheServletsDo(String call) throws IOException {
        assertThat(action(call)).isEqualTo(Action.READ_DEFINITION);
    }

    /** A path that looks like another one goes to the servlet that its action was found for. */
    @ParameterizedTest
    @CsvSource({
        "GET //api///v1/vms//web1/definition/, PageServlet",
        "HEAD /api//v1/vms/web1/definition, ApiServlet",
        "GET /api/v1//vms/web1/definition, ServerServlet"
    })
    void servesNoDefinitionAtAnotherPath(String call, String servlet) throws IOException {
        assertThat(target(call).servlet())
                .hasValueSatisfying(
                        found -> assertThat(found.getClass().getSimpleName()).isEqualTo(servlet));
    }

    @Test
    void needsNoRoleForAPartThatIsStarting() throws IOException {
        RouteTable starting = new RouteTable();
        assertThat(starting.find(new Exchange("POST", "/api/v1/vms", "").request))
                .isEqualTo(new RouteTable.Target("", Optional.empty(), Optional.empty()));
        assertThat(target("GET /api/").action()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /api/v1/other",
                "PUT /api/v1/vms/web1",
                "PATCH /api/v1/vms/web1",
                "POST /",
                "get /api/v1/vms",
                "POST /api/v1/vms/web1/start/now"
            })
    void leavesAnUnknownCallToAdmins(String call) throws IOException {
        assertThat(action(call).role()).isEqualTo(Role.ADMIN);
    }

    @Test
    void viewsThePageWithoutAPath() throws IOException {
        assertThat(action("GET ")).isEqualTo(Action.VIEW);
    }
}

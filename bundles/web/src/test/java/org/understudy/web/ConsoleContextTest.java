// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.Policies;
import org.understudy.web.access.TestRealm;

class ConsoleContextTest {
    private static RouteTable routes;

    private final AtomicLong nanos = new AtomicLong();
    private final Policies policies = TestRealm.policies(true);
    private final List<AuditEntry> entries = new ArrayList<>();
    private final AuditTrail audit = new AuditTrail();
    private ConsoleContext context;
    private boolean accepted;

    @BeforeAll
    static void realm() throws IOException {
        TestRealm.install();
        routes = Routes.ofAllServlets();
    }

    private ConsoleContext context(RouteTable table) {
        return new ConsoleContext(
                TestRealm.authenticator(policies, nanos::get), policies, audit, new EmbeddingOrigins(), table);
    }

    @BeforeEach
    void start() {
        context = context(routes);
        audit.addLog(entries::add);
    }

    private Exchange login(String user, String password, String address) throws IOException {
        Exchange exchange = new Exchange("GET", "/api/v1/vms", "");
        byte[] credentials = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        when(exchange.request.getHeader("Authorization"))
                .thenReturn("Basic " + Base64.getEncoder().encodeToString(credentials));
        when(exchange.request.getRemoteAddr()).thenReturn(address);
        accepted = context.handleSecurity(exchange.request, exchange.response);
        return exchange;
    }

    private Exchange login(String user, String password) throws IOException {
        return login(user, password, "192.0.2.1");
    }

    @Test
    void acceptsAnAdminAndAsksEveryoneElseForALogin() throws Exception {
        login("root", "sé:cret");
        assertThat(accepted).isTrue();

        Exchange wrong = login("root", "wrong");
        assertThat(accepted).isFalse();
        assertThat(wrong.status).isEqualTo(401);
        assertThat(wrong.headers).containsKey("WWW-Authenticate");
        Exchange none = new Exchange("GET", "/", "");
        assertThat(context.handleSecurity(none.request, none.response)).isFalse();
        assertThat(none.status).isEqualTo(401);
        assertThat(none.headers).containsKey("WWW-Authenticate");
    }

    @Test
    void namesTheRoleThatAUserDoesNotHave() throws Exception {
        Exchange eve = login("sam", "sé:cret");

        assertThat(accepted).isFalse();
        assertThat(eve.status).isEqualTo(403);
        assertThat(eve.headers)
                .doesNotContainKey("WWW-Authenticate")
                .containsEntry("Content-Type", "application/problem+json")
                .containsKey("Content-Security-Policy");
        assertThat(eve.body())
                .contains("\"code\":\"role-missing\"", "User 'sam' does not have the role 'viewer'", "\"status\":403");
    }

    private boolean mayCall(String user, String method, String path) throws IOException {
        Exchange exchange = new Exchange(method, path, "");
        String credentials = user + ":" + TestRealm.PASSWORD;
        when(exchange.request.getHeader("Authorization"))
                .thenReturn(
                        "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        when(exchange.request.getRemoteAddr()).thenReturn("192.0.2.1");
        when(exchange.request.isSecure()).thenReturn(true);
        boolean permitted = context.handleSecurity(exchange.request, exchange.response);
        if (!permitted) {
            assertThat(exchange.status).isEqualTo(403);
        }
        return permitted;
    }

    @ParameterizedTest
    @CsvSource({
        "GET,    /api/v1/vms,                 eve oscar root",
        "GET,    /,                           eve oscar root",
        "GET,    /api/v1/events,              eve oscar root",
        "GET,    /api/v1/vms/web1/definition, root",
        "POST,   /api/v1/vms,                 root",
        "POST,   /api/v1/vms/web1/start,      oscar root",
        "POST,   /api/v1/vms/web1/pair,       root",
        "POST,   /api/v1/migrations,          oscar root",
        "DELETE, /api/v1/migrations/m-1,      oscar root",
        "POST,   /api/v1/provision/define,    oscar root",
        "POST,   /api/v1/tokens,              root",
        "POST,   /api/v1/peer/alpha/vms,      pia root",
        "POST,   /api/v1/peer/alpha/define,   pia root",
        "POST,   /api/v1/unknown,             root"
    })
    void permitsACallToTheRolesThatItsActionNeeds(String method, String path, String users) throws Exception {
        for (String user : List.of("sam", "eve", "oscar", "pia", "root")) {
            assertThat(mayCall(user, method, path))
                    .as(user)
                    .isEqualTo(List.of(users.split(" ")).contains(user));
        }
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, false, 403", "192.0.2.1, true, 200", "127.0.0.1, false, 200", "::1, false, 200"})
    void acceptsAPeerEncryptedOrFromThisMachineOnly(String address, boolean secure, int status) throws IOException {
        Exchange exchange = new Exchange("POST", "/api/v1/peer/alpha/vms", "");
        String credentials = "pia:" + TestRealm.PASSWORD;
        when(exchange.request.getHeader("Authorization"))
                .thenReturn(
                        "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        when(exchange.request.getRemoteAddr()).thenReturn(address);
        when(exchange.request.isSecure()).thenReturn(secure);

        assertThat(context.handleSecurity(exchange.request, exchange.response)).isEqualTo(status == 200);

        assertThat(exchange.status).isEqualTo(status);
    }

    /** A peer too learns that the part it calls is starting, and retries. */
    @Test
    void letsAnyUserLearnThatAPartIsStarting() throws Exception {
        context = context(new RouteTable());

        for (String user : List.of("eve", "oscar", "pia", "root")) {
            assertThat(mayCall(user, "POST", "/api/v1/peer/alpha/vms")).as(user).isTrue();
        }
        assertThat(mayCall("sam", "POST", "/api/v1/peer/alpha/vms")).isFalse();
    }

    @Test
    void recordsAChangeThatTheRoleDoesNotPermit() throws Exception {
        mayCall("eve", "POST", "/api/v1/vms/web1/destroy");

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.user()).isEqualTo("eve");
            assertThat(entry.object()).isEqualTo("web1");
            assertThat(entry.error()).hasValue(ErrorCode.ROLE_MISSING);
            assertThat(entry.message()).isEqualTo("User 'eve' does not have the role 'operator'");
        });
    }

    @Test
    void refusesLoginsAfterSeveralFailuresUntilADelayHasPassed() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(login("root", "wrong").status).isEqualTo(401);
        }

        Exchange early = login("root", "sé:cret");
        assertThat(accepted).isFalse();
        assertThat(early.status).isEqualTo(429);
        assertThat(early.headers).containsEntry("Retry-After", "1").doesNotContainKey("WWW-Authenticate");
        assertThat(early.body()).contains("\"code\":\"too-many-logins\"", "refused for 1 s");
        login("root", "sé:cret", "192.0.2.2");
        assertThat(accepted).as("from another address").isTrue();
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        login("root", "sé:cret");
        assertThat(accepted).as("after the delay").isTrue();
    }

    @Test
    void doesNotCountALoginWithoutTheRoleAsAFailure() throws Exception {
        for (int i = 0; i < 10; i++) {
            assertThat(login("sam", "sé:cret").status).isEqualTo(403);
        }
    }
}

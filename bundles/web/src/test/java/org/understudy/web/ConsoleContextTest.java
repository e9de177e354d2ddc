// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ConsoleContextTest {
    private final AtomicLong nanos = new AtomicLong();
    private final ConsoleContext context =
            new ConsoleContext(new LoginCheck("test", "admin"), new FailedLogins(nanos::get), new EmbeddingOrigins());
    private boolean accepted;

    @BeforeAll
    static void realm() {
        LoginCheckTest.realm();
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
        Exchange eve = login("eve", "sé:cret");

        assertThat(accepted).isFalse();
        assertThat(eve.status).isEqualTo(403);
        assertThat(eve.headers)
                .doesNotContainKey("WWW-Authenticate")
                .containsEntry("Content-Type", "application/problem+json")
                .containsKey("Content-Security-Policy");
        assertThat(eve.body())
                .contains("\"code\":\"role-missing\"", "User 'eve' does not have the role 'admin'", "\"status\":403");
    }

    @Test
    void refusesLoginsAfterSeveralFailuresUntilADelayHasPassed() throws Exception {
        for (int i = 0; i < FailedLogins.FREE; i++) {
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
            assertThat(login("eve", "sé:cret").status).isEqualTo(403);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AuditEntry;
import org.understudy.api.Role;
import org.understudy.web.access.Caller;

class DispatcherServletTest {
    private final RouteTable routes = new RouteTable();
    private final AuditTrail audit = new AuditTrail();
    private final DispatcherServlet dispatcher = new DispatcherServlet(audit);
    private final List<AuditEntry> entries = new ArrayList<>();

    /** Responds with its name and the path it receives. */
    private static final class Delegate extends HttpServlet {
        private static final long serialVersionUID = 1L;
        private final String name;

        Delegate(String name) {
            this.name = name;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setHeader("seen", name + " " + request.getServletPath() + " " + request.getPathInfo());
        }
    }

    private HttpServlet add(String path) {
        HttpServlet delegate = new Delegate(path.isEmpty() ? "page" : path.substring(path.lastIndexOf('/') + 1));
        routes.addServlet(delegate, at(path));
        return delegate;
    }

    private static Map<String, String> at(String path) {
        return Map.of(RouteTable.PATH, path);
    }

    /** As after the check of the role. */
    private Exchange dispatched(Exchange exchange) throws IOException, ServletException {
        routes.find(exchange.request).attach(exchange.request);
        return exchange.through(dispatcher);
    }

    private Exchange ask(String path) throws IOException, ServletException {
        Exchange exchange = new Exchange("GET", path, "");
        when(exchange.request.getServletPath()).thenReturn("");
        doAnswer(call -> exchange.status = call.getArgument(0))
                .when(exchange.response)
                .sendError(anyInt(), anyString());
        return dispatched(exchange);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/vms/web1/pair, vms /api/v1/vms /web1/pair",
        "/api/v1/vms, vms /api/v1/vms null",
        "/api/v1/vmsx, v1 /api/v1 /vmsx",
        "/api/v1/hosts, v1 /api/v1 /hosts",
        "/console.js, page  /console.js",
        "/, page  /",
        "'', page  null"
    })
    void forwardsARequestToTheDelegateWithTheLongestPath(String path, String seen) throws Exception {
        add("");
        add("/api/v1");
        add("/api/v1/vms");

        assertThat(ask(path).headers).containsEntry("seen", seen);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/v1/hosts", "/api/v2"})
    void asksToRetryWhileTheDelegateIsNotRegistered(String path) throws Exception {
        add("");

        Exchange asked = ask(path);

        assertThat(asked.status).isEqualTo(503);
        assertThat(asked.headers).containsEntry("Retry-After", "1").doesNotContainKey("seen");
    }

    @Test
    void usesTheDelegateThatReplacedAnother() throws Exception {
        HttpServlet old = add("/api/v1/vms");
        add("/api/v1/vms");
        routes.removeServlet(old, at("/api/v1/vms"));

        assertThat(ask("/api/v1/vms").headers).containsKey("seen");
    }

    /** Does something while the body of its request arrives. */
    private static final class Receiving extends HttpServlet {
        private static final long serialVersionUID = 1L;
        private final transient Meanwhile meanwhile;

        interface Meanwhile {
            void run() throws IOException, ServletException;
        }

        Receiving(Meanwhile meanwhile) {
            this.meanwhile = meanwhile;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response)
                throws IOException, ServletException {
            request.getInputStream();
            meanwhile.run();
        }
    }

    private static Exchange post(String path, String address) throws IOException {
        Exchange exchange = new Exchange("POST", path, "");
        when(exchange.request.getServletPath()).thenReturn("");
        when(exchange.request.getRemoteAddr()).thenReturn(address);
        return exchange;
    }

    private static Exchange byUser(Exchange exchange) {
        new Caller("ann", Set.of(Role.ADMIN), new Caller.Password(), "192.0.2.1").attach(exchange.request);
        return exchange;
    }

    @Test
    void slowLoginsFromManyNetworksBlockNoUser() throws Exception {
        List<Integer> logins = new ArrayList<>();
        List<Integer> calls = new ArrayList<>();
        routes.addServlet(new Receiving(() -> {}), at("/api/v1/lint"));
        routes.addServlet(
                new Receiving(() -> {
                    int before = logins.size();
                    logins.add(0);
                    if (dispatched(post(LoginServlet.PATH, "192.0.2." + before)).status == 429) {
                        calls.add(dispatched(byUser(post("/api/v1/lint", "192.0.2.1"))).status);
                    }
                }),
                at(LoginServlet.PATH));

        dispatched(post(LoginServlet.PATH, "192.0.2.200"));

        assertThat(logins).hasSize(32);
        assertThat(calls).containsExactly(200);
    }

    /** One that starts between the check of the role and the call was not checked. */
    @Test
    void callsTheServletThatTheRoleWasCheckedFor() throws Exception {
        add("");
        Exchange exchange = new Exchange("GET", "/api/v1/vms", "");
        when(exchange.request.getServletPath()).thenReturn("");
        routes.find(exchange.request).attach(exchange.request);
        add("/api/v1/vms");

        exchange.through(dispatcher);

        assertThat(exchange.status).isEqualTo(503);
        assertThat(exchange.headers).doesNotContainKey("seen");
    }

    @Test
    void refusesARequestThatWasNotChecked() throws Exception {
        Exchange exchange = new Exchange("GET", "/api/v1/vms", "");

        assertThatThrownBy(() -> exchange.through(dispatcher)).hasMessageContaining("was not checked");
    }

    @Test
    void recordsARequestThatEndsWithADefectAsFailed() throws Exception {
        audit.addLog(entries::add);
        routes.addServlet(failing(), at("/api/v1/vms"));
        Exchange exchange = byUser(post("/api/v1/vms/web1/start", "192.0.2.1"));

        assertThatThrownBy(() -> dispatched(exchange)).isInstanceOf(NoClassDefFoundError.class);

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.result()).isEqualTo(AuditEntry.Result.FAILED);
            assertThat(entry.message()).contains("from the test");
        });
    }

    private static HttpServlet failing() {
        return new HttpServlet() {
            private static final long serialVersionUID = 1L;

            @Override
            protected void service(HttpServletRequest request, HttpServletResponse response) {
                throw new NoClassDefFoundError("from the test");
            }
        };
    }

    @Test
    void recordsNothingOfARequestWithoutALogin() throws Exception {
        audit.addLog(entries::add);
        routes.addServlet(new Delegate("login"), at(LoginServlet.PATH));
        Exchange exchange = new Exchange("PUT", LoginServlet.PATH, "");
        when(exchange.request.getServletPath()).thenReturn("");

        assertThat(dispatched(exchange).headers).containsKey("seen");
        assertThat(entries).isEmpty();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import javax.servlet.ServletException;
import javax.servlet.http.Cookie;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Policies;
import org.understudy.concurrent.testing.FakeTime;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.TestRealm;

/** Login, session and logout, through the check that precedes each request. */
class LoginServletTest {
    private static RouteTable routes;

    private final FakeTime time = new FakeTime();
    private final Policies policies = TestRealm.policies(true);
    private final Authenticator authenticator = TestRealm.authenticator(policies, time::nanos, Path.of("none"), time);

    @BeforeAll
    static void realm() throws IOException {
        TestRealm.install();
        routes = Routes.ofAllServlets();
    }

    private ConsoleContext context() {
        return new ConsoleContext(authenticator, policies, new AuditTrail(), new EmbeddingOrigins(), routes);
    }

    private static Exchange exchange(String method, String path, String body) throws IOException {
        Exchange exchange = new Exchange(method, path, body);
        when(exchange.request.getRemoteAddr()).thenReturn("192.0.2.1");
        when(exchange.request.getContextPath()).thenReturn("/understudy");
        return exchange;
    }

    /** The form, relative to the servlet. */
    private Exchange post(String user, String password, String next) throws IOException {
        return exchange(
                "POST", "", "user=%s&password=%s&next=%s".formatted(encoded(user), encoded(password), encoded(next)));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Exchange sent(Exchange exchange) throws IOException, ServletException {
        return exchange.through(new LoginServlet(authenticator));
    }

    private Exchange login(String user) throws IOException, ServletException {
        return sent(post(user, TestRealm.PASSWORD, "/"));
    }

    private static String secret(Exchange login) {
        return login.headers.get("Set-Cookie").replaceAll("^understudy-session=([^;]*).*", "$1");
    }

    private Exchange asked(String method, String path, String secret) throws IOException {
        Exchange exchange = exchange(method, path, "");
        when(exchange.request.getCookies()).thenReturn(new Cookie[] {new Cookie("understudy-session", secret)});
        return exchange;
    }

    private boolean isAccepted(Exchange exchange) throws IOException {
        return context().handleSecurity(exchange.request, exchange.response);
    }

    @Test
    void beginsASessionWithTheRolesOfTheUser() throws Exception {
        Exchange login = login("eve");

        assertThat(login.status).isEqualTo(303);
        assertThat(login.headers)
                .containsEntry("Location", "/understudy/")
                .hasEntrySatisfying(
                        "Set-Cookie",
                        cookie -> assertThat(cookie)
                                .matches(
                                        "understudy-session=[A-Za-z0-9_-]{43}; Path=/understudy; HttpOnly; SameSite=Strict"));
        assertThat(isAccepted(asked("GET", "/api/v1/vms", secret(login)))).isTrue();
        Exchange refused = asked("POST", "/api/v1/vms/web1/start", secret(login));
        assertThat(isAccepted(refused)).isFalse();
        assertThat(refused.status).isEqualTo(403);
        assertThat(refused.body()).contains("User 'eve' does not have the role 'operator'");
    }

    @Test
    void endsTheSessionThatTheBrowserHadBefore() throws Exception {
        String former = secret(login("eve"));
        Exchange next = post("root", TestRealm.PASSWORD, "/");
        when(next.request.getCookies()).thenReturn(new Cookie[] {new Cookie("understudy-session", former)});

        assertThat(sent(next).status).isEqualTo(303);

        assertThat(isAccepted(asked("GET", "/api/v1/vms", former))).isFalse();
        assertThat(isAccepted(asked("GET", "/api/v1/vms", secret(next)))).isTrue();
    }

    /** The password file of another server opens no console. */
    @Test
    void beginsNoSessionOfAPeer() throws Exception {
        Exchange login = login("pia");

        assertThat(login.status).isEqualTo(403);
        assertThat(login.headers).doesNotContainKey("Set-Cookie");
        assertThat(login.body()).contains("does not have a role for Understudy");
    }

    @ParameterizedTest
    @CsvSource({"true,", "false, https"})
    void sendsTheCookieOfAnEncryptedLoginEncryptedOnly(boolean secure, String proxy) throws Exception {
        Exchange login = post("root", TestRealm.PASSWORD, "/");
        when(login.request.isSecure()).thenReturn(secure);
        when(login.request.getHeader("X-Forwarded-Proto")).thenReturn(proxy);

        assertThat(sent(login).headers.get("Set-Cookie")).endsWith("; Secure");
    }

    @ParameterizedTest
    @CsvSource({
        "/vms/web1?tab=history, /understudy/vms/web1?tab=history",
        "//evil.example, /understudy//evil.example",
        "https://evil.example, /understudy/",
        "/\\evil.example, /understudy/",
        "/login, /understudy/",
        "'/a\r\nX: y', /understudy/"
    })
    void continuesOnAPageOfThisServerOnly(String next, String location) throws Exception {
        assertThat(sent(post("root", TestRealm.PASSWORD, next)).headers).containsEntry("Location", location);
    }

    @Test
    void explainsAFailedLoginAndDelaysFurtherOnes() throws Exception {
        for (int i = 0; i < 3; i++) {
            Exchange wrong = sent(post("root", "wrong", "/vms"));
            assertThat(wrong.status).isEqualTo(401);
            assertThat(wrong.headers).doesNotContainKeys("Set-Cookie", "WWW-Authenticate");
            assertThat(wrong.body()).contains("User or password is wrong", "value=\"/vms\"");
        }

        Exchange delayed = login("root");

        assertThat(delayed.status).isEqualTo(429);
        assertThat(delayed.headers).containsEntry("Retry-After", "1");
        assertThat(sent(post("sam", TestRealm.PASSWORD, "/")).status).isEqualTo(403);
    }

    @Test
    void keepsTheUserOfAFailedLoginButNotThePassword() throws Exception {
        String page = sent(post("eve\"<b>{{next}}", "s3cret", "/vms")).body();

        assertThat(page).contains("value=\"eve&quot;&lt;b>").doesNotContain("s3cret", "<b>");
        assertThat(page).containsSubsequence("id=\"password\"", "autofocus").containsOnlyOnce("autofocus");
    }

    @ParameterizedTest
    @CsvSource({
        "Sec-Fetch-Site, cross-site, 403",
        "Sec-Fetch-Site, same-site, 403",
        "Sec-Fetch-Site, same-origin, 303",
        "Origin, https://evil.example, 403",
        "Origin, null, 403",
        "Origin, http://console.example:8181, 303"
    })
    void acceptsItsOwnFormOnly(String header, String value, int status) throws Exception {
        Exchange login = post("root", TestRealm.PASSWORD, "/");
        when(login.request.getHeader("Host")).thenReturn("console.example:8181");
        when(login.request.getHeader(header)).thenReturn(value);

        assertThat(sent(login).status).isEqualTo(status);
    }

    @Test
    void showsNoMarkupOfARequest() throws Exception {
        Exchange form = exchange("GET", "?next=" + encoded("/a'&amp;\"><script>"), "");

        assertThat(sent(form).body()).doesNotContain("<script>").contains("value=\"/\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/login", "/login/style.css"})
    void isOpenToEveryone(String path) throws Exception {
        Exchange form = exchange("GET", path, "");

        assertThat(isAccepted(form)).isTrue();
        assertThat(form.headers.get("Content-Security-Policy")).contains("form-action 'self'", "default-src 'none'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/login/", "/login/../api/v1/vms", "/loginx", "/api/v1/login"})
    void opensNothingElse(String path) throws Exception {
        assertThat(isAccepted(exchange("GET", path, ""))).isFalse();
    }

    @Test
    void sendsABrowserWithoutASessionToTheLoginAndComesBack() throws Exception {
        Exchange page = exchange("GET", "/vms/web 1?tab=a", "");
        when(page.request.getHeader("Accept")).thenReturn("text/html,*/*");

        assertThat(isAccepted(page)).isFalse();

        assertThat(page.status).isEqualTo(302);
        assertThat(page.headers).containsEntry("Location", "/understudy/login?next=%2Fvms%2Fweb+1%3Ftab%3Da");
    }

    @Test
    void asksAScriptOfAPageForNoPassword() throws Exception {
        Exchange fetch = exchange("GET", "/api/v1/vms", "");
        when(fetch.request.getHeader("X-Requested-With")).thenReturn("fetch");

        assertThat(isAccepted(fetch)).isFalse();

        assertThat(fetch.status).isEqualTo(401);
        assertThat(fetch.headers.get("WWW-Authenticate")).startsWith("Bearer");
        assertThat(fetch.body()).contains("\"code\":\"unauthorized\"");
    }

    @Test
    void endsTheSessionAtALogout() throws Exception {
        String secret = secret(login("root"));
        Exchange logout = asked("DELETE", "/api/v1/session", secret);
        assertThat(isAccepted(logout)).isTrue();
        when(logout.request.getPathInfo()).thenReturn(null);

        logout.through(new SessionServlet(value -> "{}", authenticator));

        assertThat(logout.headers.get("Set-Cookie")).contains("understudy-session=;", "Max-Age=0");
        assertThat(isAccepted(asked("GET", "/api/v1/vms", secret))).isFalse();
    }

    @Test
    void describesTheSession() throws Exception {
        Exchange question = asked("GET", "/api/v1/session", secret(login("oscar")));
        assertThat(isAccepted(question)).isTrue();
        when(question.request.getPathInfo()).thenReturn(null);

        question.through(new SessionServlet(String::valueOf, authenticator));

        assertThat(question.body())
                .contains("user=oscar", "role=OPERATOR", "POWER", "session=true")
                .doesNotContain("PAIR");
    }

    @Test
    void aSessionEndsWhenItIsNotUsed() throws Exception {
        String secret = secret(login("root"));
        time.advance(AccessPolicy.DEFAULT.sessionIdle().plus(Duration.ofSeconds(1)));

        assertThat(isAccepted(asked("GET", "/api/v1/vms", secret))).isFalse();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.reset;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.AccessToken;
import org.understudy.api.AccessTokens;
import org.understudy.api.Doctor;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.GuestChecks;
import org.understudy.api.Migrations;
import org.understudy.api.PairChange;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Role;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.json.RecordJson;

/** The REST interface in an HTTP server. */
@TestInstance(Lifecycle.PER_CLASS)
class RestServerTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final String DEFINITION = "<domain><name>web1</name></domain>";

    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Pairs pairs = mock(Pairs.class);
    private final Migrations migrations = mock(Migrations.class);
    private final AccessTokens tokens = mock(AccessTokens.class);
    private WebServer server;

    @BeforeAll
    void start() throws Exception {
        RecordJson view = new RecordJson();
        EventHub events = Exchange.events();
        server = new WebServer()
                .with("/api", new ApiServlet())
                .with("/api/v1/vms", new VmServlet(view, vms, pairs, migrations, events, mock(GuestChecks.class)))
                .with("/api/v1/tokens", new TokenServlet(view, tokens))
                .with("/api/v1/migrations", new MigrationServlet(view, migrations, events))
                .with(
                        "/api/v1",
                        new ServerServlet(
                                view, vms, pairs, mock(Doctor.class), mock(Policies.class), events, Optional.empty()));
    }

    @BeforeEach
    void forget() {
        reset(vms, pairs, migrations, tokens);
        when(vms.definition(any())).thenReturn(DEFINITION);
    }

    @AfterAll
    void stop() throws Exception {
        server.close();
    }

    private static void assertProblem(HttpResponse<String> response, int status, String code) throws Exception {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        JsonNode problem = WebServer.json(response);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("code").asText()).isEqualTo(code);
        assertThat(problem.get("type").asText()).isEqualTo("/understudy/api/#" + code);
        assertThat(problem.get("title").asText()).isNotEmpty();
        assertThat(problem.get("remedy").asText()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/nothing, 404, resource-not-found",
        "GET, /api/v1, 404, resource-not-found",
        "GET, /api/v1/, 404, resource-not-found",
        "GET, /api/v2/vms, 404, resource-not-found",
        "GET, /api/v1/vms/web1/nothing, 404, resource-not-found",
        "GET, /api/v1/peer/alpha/facts, 404, resource-not-found",
        "POST, /api/v1/hosts, 405, method-not-allowed",
        "PATCH, /api/v1/vms/web1, 405, method-not-allowed",
        "POST, /api/, 405, method-not-allowed",
        "GET, /api/v1/vms?state, 200, ''",
        "GET, /api/v1/vms?stat=running, 400, invalid-argument",
        "GET, /api/v1/vms?limit=0, 400, invalid-argument",
        "GET, /api/v1/vms?limit=1001, 400, invalid-argument",
        "GET, /api/v1/vms?sort=uuid, 400, invalid-argument",
        "GET, /api/v1/vms?cursor=bmFtZQ, 400, invalid-argument",
        "DELETE, /api/v1/vms/web1?dry-run, 400, invalid-argument",
        "POST, /api/v1/tokens?dry-run, 400, invalid-argument"
    })
    void answersEveryErrorAsAProblem(String method, String path, int status, String code) throws Exception {
        when(vms.list()).thenReturn(new VmInventory(List.of(), List.of()));

        HttpResponse<String> response = server.change(method, path, "");

        if (status == 200) {
            assertThat(response.statusCode()).isEqualTo(200);
        } else {
            assertProblem(response, status, code);
        }
    }

    @Test
    void answersWhileAPartOfTheServerStarts() throws Exception {
        try (WebServer starting = new WebServer().with("/api", new ApiServlet())) {
            HttpResponse<String> response = starting.get("/api/v1/vms");

            assertProblem(response, 503, "starting");
            assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/hosts, 'GET, HEAD, OPTIONS'",
        "/api/v1/vms, 'GET, HEAD, OPTIONS, POST'",
        "/api/v1/vms/web1/definition, 'GET, HEAD, OPTIONS, PUT'",
        "/api/v1/vms/web1/start, 'OPTIONS, POST'",
        "/api/v1/migrations/m-1, 'DELETE, GET, HEAD, OPTIONS'"
    })
    void namesTheMethodsOfAResource(String path, String allowed) throws Exception {
        HttpResponse<String> options = server.change("OPTIONS", path, "");
        assertThat(options.statusCode()).isEqualTo(204);
        assertThat(options.headers().firstValue("Allow")).hasValue(allowed);

        HttpResponse<String> refused = server.change("PATCH", path, "");
        assertProblem(refused, 405, "method-not-allowed");
        assertThat(refused.headers().firstValue("Allow")).hasValue(allowed);
    }

    @Test
    void answersHeadLikeGetWithoutABody() throws Exception {
        when(vms.list()).thenReturn(new VmInventory(List.of(), List.of()));

        HttpResponse<String> head = server.send(server.request("/api/v1/vms").method("HEAD", BodyPublishers.noBody()));

        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("Content-Length")).hasValue("24");
        assertThat(head.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/vms, text/html, 406",
        "/api/v1/vms, 'application/json;q=0, */*', 406",
        "/api/v1/vms, 'text/html, application/*;q=0.1', 200",
        "/api/v1/vms, */*, 200",
        "/api/v1/vms/web1/definition, application/json, 406",
        "/api/v1/vms/web1/definition, application/xml, 200"
    })
    void answersInAFormThatTheClientAccepts(String path, String accept, int status) throws Exception {
        when(vms.list()).thenReturn(new VmInventory(List.of(), List.of()));

        HttpResponse<String> response = server.send(server.request(path).header("Accept", accept));

        if (status == 406) {
            assertProblem(response, 406, "not-acceptable");
        }
        assertThat(response.statusCode()).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/lint, application/json, 415",
        "/api/v1/lint, multipart/form-data; boundary=x, 415",
        "/api/v1/lint, text/xml; charset=UTF-8, 200",
        "/api/v1/lint, application/x-www-form-urlencoded, 200",
        "/api/v1/migrations?dry-run, application/xml, 415",
        "/api/v1/migrations?dry-run, application/json, 400"
    })
    void readsBodiesOfTheRightTypeAlone(String path, String type, int status) throws Exception {
        HttpResponse<String> response = server.change("POST", path, "<domain/>", "Content-Type", type);

        if (status == 415) {
            assertProblem(response, 415, "media-type-unsupported");
        }
        assertThat(response.statusCode()).isEqualTo(status);
    }

    @Test
    void refusesALongBodyBeforeItIsSent() throws Exception {
        String response = server.responseToHead("POST /understudy/api/v1/lint HTTP/1.1\r\nHost: x\r\n"
                + "X-Requested-With: test\r\nConnection: close\r\nContent-Length: "
                + (RestRequest.LARGEST_BODY + 1));

        assertThat(response).startsWith("HTTP/1.1 413 ").contains("application/problem+json", "body-too-large");
    }

    @Test
    void refusesALongHead() throws Exception {
        assertProblem(
                server.send(server.request("/api/v1/vms").header("X-Long", "x".repeat(RestServlet.LARGEST_HEAD))),
                431,
                "head-too-large");
    }

    @Test
    void compressesLongAnswersForClientsThatReadThat() throws Exception {
        when(vms.list()).thenReturn(new VmInventory(many(100), List.of()));
        String plain = server.get("/api/v1/vms").body();

        HttpResponse<byte[]> compressed =
                server.bytes(server.request("/api/v1/vms").header("Accept-Encoding", "br, gzip;q=0.5"));

        assertThat(compressed.headers().firstValue("Content-Encoding")).hasValue("gzip");
        assertThat(compressed.headers().firstValue("Vary")).hasValue("Accept-Encoding");
        assertThat(compressed.body().length).isLessThan(plain.length() / 5);
        assertThat(new String(new GZIPInputStream(new ByteArrayInputStream(compressed.body())).readAllBytes(), "UTF-8"))
                .isEqualTo(plain);
        HttpRequest.Builder refusing = server.request("/api/v1/vms").header("Accept-Encoding", "gzip;q=0");
        assertThat(server.get("/api/v1/vms").headers().firstValue("Content-Encoding"))
                .isEmpty();
        assertThat(server.send(refusing).headers().firstValue("Content-Encoding"))
                .isEmpty();
    }

    private static List<Vm> many(int count) {
        return IntStream.range(0, count)
                .mapToObj(number -> Things.vm(
                        number,
                        number % 2 == 0 ? Things.ALPHA : Things.BETA,
                        number % 5 == 0 ? PairHealth.ON_STANDBY : PairHealth.ACTIVE))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "'', 100, web0",
        "sort=-name&, 100, web99",
        "host=alpha&health=on-standby&, 10, web0",
        "q=WEB1&, 11, web1"
    })
    void walksThroughPagesThatNamesTheNextOne(String query, int total, String first) throws Exception {
        when(vms.list()).thenReturn(new VmInventory(many(100), List.of()));
        List<String> names = new ArrayList<>();
        String next = "?" + query + "limit=7";
        while (!next.isEmpty()) {
            HttpResponse<String> page = server.get("/api/v1/vms" + next);
            assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            assertThat(page.headers().firstValue("Total-Count")).hasValue(String.valueOf(total));
            names.addAll(WebServer.json(page).findValuesAsText("name"));
            next = page.headers()
                    .firstValue("Link")
                    .map(link -> link.substring(1, link.indexOf(">; rel=\"next\"")))
                    .orElse("");
        }

        assertThat(names).hasSize(total).doesNotHaveDuplicates().startsWith(first);
    }

    @Test
    void continuesAfterAnElementThatWasRemoved() throws Exception {
        when(vms.list()).thenReturn(new VmInventory(many(5), List.of()));
        String link =
                server.get("/api/v1/vms?limit=2").headers().firstValue("Link").orElseThrow();
        when(vms.list())
                .thenReturn(new VmInventory(
                        many(5).stream().filter(vm -> !vm.name().equals(WEB1)).toList(), List.of()));

        HttpResponse<String> page = server.get("/api/v1/vms" + link.substring(1, link.indexOf('>')));

        assertThat(WebServer.json(page).findValuesAsText("name")).containsExactly("web2", "web3");
    }

    @Test
    void returnsOnlyTheFieldsThatTheClientNames() throws Exception {
        when(vms.list()).thenReturn(new VmInventory(many(1), List.of()));

        assertThat(server.get("/api/v1/vms?fields=name,host").body())
                .isEqualTo("{\"vms\":[{\"name\":\"web0\",\"host\":\"alpha\"}],\"findings\":[]}");
    }

    @Test
    void listsHostsInTheirOwnOrderAndNamesTheLastEvent() throws Exception {
        when(vms.hosts()).thenReturn(List.of());

        HttpResponse<String> hosts = server.get("/api/v1/hosts");

        assertThat(hosts.body()).isEqualTo("[]");
        assertThat(hosts.headers().firstValue("Event-Id")).hasValue("run-1");
    }

    @Test
    void changesOnlyTheDefinitionThatTheClientHasRead() throws Exception {
        when(vms.show(any())).thenReturn(Things.vm(1, Things.ALPHA, PairHealth.ACTIVE));
        when(pairs.turnOff(any(), any()))
                .thenReturn(new PairChange(true, PairChange.Effect.AT_ONCE, List.of(), DEFINITION));
        String tag = server.get("/api/v1/vms/web1/definition")
                .headers()
                .firstValue("ETag")
                .orElseThrow();
        String path = "/api/v1/vms/web1/pairs/ua-standby0";

        assertThat(server.get("/api/v1/vms/web1/pairs").headers().firstValue("ETag"))
                .hasValue(tag);
        assertProblem(server.change("DELETE", path, "", "If-Match", "\"other\""), 412, "precondition-failed");
        verify(pairs, never()).turnOff(any(), any());
        assertThat(server.change("DELETE", path, "", "If-Match", "\"other\", " + tag)
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.change("DELETE", path, "").statusCode()).isEqualTo(200);
        verify(pairs, times(2)).turnOff(any(), any());
    }

    @Test
    void replacesTheDefinitionOfTheSameVmAlone() throws Exception {
        when(vms.show(any())).thenReturn(Things.vm(1, Things.ALPHA, PairHealth.ACTIVE));
        String path = "/api/v1/vms/web1/definition";

        assertProblem(server.change("PUT", path, "<domain><name>web2</name></domain>"), 400, "invalid-argument");
        verify(vms, never()).define(any(), any());
        assertThat(server.change("PUT", path, DEFINITION).statusCode()).isEqualTo(200);
        verify(vms).define(Things.ALPHA, DEFINITION);
    }

    @Test
    void showsAFixBeforeItIsApplied() throws Exception {
        when(vms.show(any())).thenReturn(Things.vm(1, Things.ALPHA, PairHealth.ACTIVE));
        String fixed = "<domain><name>web1</name><fixed passwd='s3cret'/></domain>";
        when(pairs.fix(DEFINITION, Optional.of(Things.ALPHA)))
                .thenReturn(new PairChange(true, PairChange.Effect.AT_NEXT_START, List.of(), fixed));

        HttpResponse<String> shown = server.change("POST", "/api/v1/vms/web1/fix?dry-run", "");

        assertThat(shown.body()).contains("<fixed passwd='***'/>");
        verify(vms, never()).define(any(), any());
        String tag = shown.headers().firstValue("ETag").orElseThrow();
        assertThat(server.change("POST", "/api/v1/vms/web1/fix", "", "If-Match", tag)
                        .statusCode())
                .isEqualTo(200);
        verify(vms).define(Things.ALPHA, fixed);
    }

    @Test
    void showsAChangeOfAPairBeforeItIsMadeWithTheDefinitionBefore() throws Exception {
        when(vms.show(any())).thenReturn(Things.vm(1, Things.ALPHA, PairHealth.ACTIVE));
        String before = "<domain><name>web1</name><graphics passwd='s3cret'/></domain>";
        String after = "<domain><name>web1</name><graphics passwd='s3cret'/><pair/></domain>";
        when(vms.definition(any())).thenReturn(before);
        PairChange added = new PairChange(true, PairChange.Effect.AT_NEXT_START, List.of(), after);
        when(pairs.planOn(eq(before), any(), any())).thenReturn(added);
        when(pairs.planOff(eq(before), any())).thenReturn(added);

        HttpResponse<String> on = server.change("POST", "/api/v1/vms/web1/pairs?dry-run", "");
        HttpResponse<String> off = server.change("DELETE", "/api/v1/vms/web1/pairs/0?dry-run", "");

        for (HttpResponse<String> shown : List.of(on, off)) {
            assertThat(shown.body())
                    .contains("\"before\":\"<domain><name>web1</name><graphics passwd='***'/></domain>\"")
                    .contains("<pair/>")
                    .doesNotContain("s3cret");
        }
        String tag = on.headers().firstValue("ETag").orElseThrow();
        when(vms.definition(any())).thenReturn("<domain><name>web1</name><title>new</title></domain>");
        assertProblem(server.change("POST", "/api/v1/vms/web1/pairs", "", "If-Match", tag), 412, "precondition-failed");
        assertProblem(
                server.change("DELETE", "/api/v1/vms/web1/pairs/0", "", "If-Match", tag), 412, "precondition-failed");
        verify(pairs, never()).turnOn(any(), any());
        verify(pairs, never()).turnOff(any(), any());
    }

    @Test
    void namesTheAddressOfANewVmAndOfANewPair() throws Exception {
        Vm vm = Things.vm(1, Things.ALPHA, PairHealth.OFF);
        Vm before = new Vm(vm.name(), vm.uuid(), vm.host(), vm.state(), vm.nics(), List.of());
        when(vms.show(any())).thenReturn(before, before, vm);
        when(pairs.turnOn(any(), any()))
                .thenReturn(new PairChange(true, PairChange.Effect.AT_NEXT_START, List.of(), DEFINITION));

        HttpResponse<String> defined = server.change("POST", "/api/v1/vms?host=alpha", DEFINITION);
        HttpResponse<String> added = server.change("POST", "/api/v1/vms/web1/pairs", "{\"pool\":\"pool-a\"}");

        assertThat(defined.statusCode()).isEqualTo(201);
        assertThat(defined.headers().firstValue("Location"))
                .hasValue("/understudy/api/v1/vms/" + vm.uuid() + "?host=alpha");
        assertThat(added.statusCode()).isEqualTo(201);
        assertThat(added.headers().firstValue("Location"))
                .hasValue("/understudy/api/v1/vms/" + vm.uuid() + "/pairs/ua-standby0");
        assertThat(server.get("/api/v1/vms/web1/pairs/ua-primary0").body()).contains("\"standby\":\"ua-standby0\"");
        assertThat(server.get("/api/v1/vms/web1/pairs/0").statusCode()).isEqualTo(200);
        assertProblem(server.get("/api/v1/vms/web1/pairs/ua-other"), 404, "nic-not-found");
    }

    @Test
    void repeatsTheResponseToARepeatedCallWithoutASecondEffect() throws Exception {
        when(migrations.start(any(), any(), any())).thenReturn(Things.migration("m-1", 1, 1, Optional.empty()));
        String request = "{\"vm\":\"web1\",\"destination\":\"beta\"}";

        HttpResponse<String> first = server.change("POST", "/api/v1/migrations", request, "Idempotency-Key", "k1");
        HttpResponse<String> again = server.change("POST", "/api/v1/migrations", request, "Idempotency-Key", "k1");

        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("Location"))
                .isEqualTo(first.headers().firstValue("Location"));
        verify(migrations).start(any(), any(), any());
        String other = "{\"vm\":\"web2\",\"destination\":\"beta\"}";
        assertProblem(
                server.change("POST", "/api/v1/migrations", other, "Idempotency-Key", "k1"),
                422,
                "idempotency-key-reused");
        server.change("POST", "/api/v1/migrations", other, "Idempotency-Key", "k2");
        verify(migrations, times(2)).start(any(), any(), any());
    }

    @Test
    void keepsNoSecretOfATokenInMemory() throws Exception {
        AccessToken token =
                new AccessToken("t-1", "backup", "admin", Role.VIEWER, Instant.EPOCH, Instant.EPOCH, Optional.empty());
        when(tokens.create(any(), any(), any(), any())).thenReturn(new AccessTokens.Created(token, "secret"));
        String request = "{\"name\":\"backup\",\"role\":\"viewer\",\"expiresInDays\":7}";

        for (int i = 0; i < 2; i++) {
            assertThat(server.change("POST", "/api/v1/tokens", request, "Idempotency-Key", "k1")
                            .statusCode())
                    .isEqualTo(201);
        }

        verify(tokens, times(2)).create(any(), any(), any(), any());
    }

    @Test
    void reportsTheFindingsOfARefusedMigration() throws Exception {
        when(migrations.preflight(any(), any(), any()))
                .thenReturn(
                        List.of(Finding.of(FindingCode.SAME_HOST, "vm web1", "VM web1 is on beta", "Name another.")));

        HttpResponse<String> refused =
                server.change("POST", "/api/v1/migrations", "{\"vm\":\"web1\",\"destination\":\"beta\"}");

        assertProblem(refused, 422, "refused-by-findings");
        assertThat(WebServer.json(refused).at("/findings/0/code").asText()).isEqualTo("same-host");
    }

    @Test
    void servesAPageThatShowsTheDescription() throws Exception {
        HttpResponse<String> redirect = server.get("/api");
        assertThat(redirect.statusCode()).isEqualTo(302);
        assertThat(redirect.headers().firstValue("Location")).hasValue("/understudy/api/");
        for (String file : Stream.of("", "api.js", "api.css").toList()) {
            assertThat(server.get("/api/" + file).statusCode()).as(file).isEqualTo(200);
        }
        assertThat(server.get("/api/").headers().firstValue("Content-Type").orElse(""))
                .startsWith("text/html");
        assertThat(WebServer.json(server.get("/api/v1/openapi.json"))
                        .get("openapi")
                        .asText())
                .startsWith("3.1");
        assertThat(server.get("/api/v1/words").body()).contains("\"vm-not-found\":{", "\"status\":404");
    }

    @Test
    void reportsHealthWithoutACallToAHost() throws Exception {
        when(vms.hosts()).thenReturn(List.of());

        assertThat(server.get("/api/v1/health").body()).contains("\"status\":\"up\"");
        verify(vms).hosts();
        verify(vms, never()).list();
    }
}

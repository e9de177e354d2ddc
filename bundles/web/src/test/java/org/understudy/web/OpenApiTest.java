// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.RETURNS_MOCKS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.reset;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AccessToken;
import org.understudy.api.AccessTokens;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigrations;
import org.understudy.api.Consent;
import org.understudy.api.Doctor;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FleetReadiness;
import org.understudy.api.GuestChecks;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostEntry;
import org.understudy.api.HostNics;
import org.understudy.api.HostView;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Migrations;
import org.understudy.api.NetworkGap;
import org.understudy.api.NicInventory;
import org.understudy.api.NicProvisioning;
import org.understudy.api.NicRole;
import org.understudy.api.Outcome;
import org.understudy.api.PairChange;
import org.understudy.api.PairHealth;
import org.understudy.api.Pairs;
import org.understudy.api.PastFinding;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.PoolShare;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Provisioned;
import org.understudy.api.Readiness;
import org.understudy.api.Severity;
import org.understudy.api.StepState;
import org.understudy.api.VfRequirement;
import org.understudy.api.VfState;
import org.understudy.api.VfioReadiness;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;
import org.understudy.api.VmState;
import org.understudy.api.spi.PeerEndpoint;
import org.understudy.json.RecordJson;
import org.understudy.json.testing.Samples;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.StreamWatch;

/** The description of the REST interface agrees with what the servlets do. */
@TestInstance(Lifecycle.PER_CLASS)
class OpenApiTest {
    private static final String ROOT = "/api/v1";
    private static final String DEFINITION = "<domain><name>text</name></domain>";
    private static final String MIGRATE = """
            {"vm": "web1", "destination": "beta", "bandwidthBytesPerSecond": 1000, "downtimeLimitMs": 300, "tls": true,
             "multifdChannels": 4, "requireVf": false, "strategy": "explicit", "probe": "icmp:127.0.0.1"}
            """;
    private static final String BULK =
            "{\"vms\": [\"web1\", \"alpha/web2\"], \"destination\": \"beta\", \"tls\": true}";
    private static final String TOKEN = "{\"name\": \"text\", \"role\": \"viewer\", \"expiresInDays\": 7}";
    private static final String PAIR =
            "{\"nic\": \"0\", \"pool\": \"pool-a\", \"form\": \"plain-hostdev\", \"consents\": [\"change-machine-type\"]}";

    private static final String PASSED =
            "{\"passed\": [{\"vm\": \"web1\", \"at\": \"2026-11-01T10:15:00Z\", \"reason\": \"no answer\"}]}";

    private final RecordJson view = new RecordJson();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Pairs pairs = mock(Pairs.class);
    private final Migrations migrations = mock(Migrations.class);
    private final Doctor doctor = mock(Doctor.class);
    private final Policies policies = mock(Policies.class);
    private final HostNics nics = mock(HostNics.class);
    private final NicProvisioning provisioning = mock(NicProvisioning.class);
    private final Readiness readiness = mock(Readiness.class);
    private final BulkMigrations bulk = mock(BulkMigrations.class);
    private final AccessTokens tokens = mock(AccessTokens.class);
    private final History history = mock(History.class);
    private final EventHub events = Exchange.events();
    private final Map<String, RestServlet> servlets = new TreeMap<>();
    private final Set<String> called = new TreeSet<>();
    private final GuestChecks guests = mock(GuestChecks.class);
    private OpenApi api;
    private WebServer server;

    @BeforeAll
    void start() throws Exception {
        api = new OpenApi();
        servlets.put("", new ServerServlet(view, vms, pairs, doctor, policies, events, Optional.of(nics)));
        servlets.put("/vms", new VmServlet(view, vms, pairs, migrations, events, guests));
        servlets.put("/migrations", new MigrationServlet(view, migrations, events));
        servlets.put("/provision", new ProvisionServlet(view, provisioning));
        servlets.put("/events", new EventServlet(view, events, mock(StreamWatch.class, RETURNS_MOCKS)));
        servlets.put("/readiness", new ReadinessServlet(view, readiness));
        servlets.put("/bulk-migrations", new BulkServlet(view, bulk));
        servlets.put("/session", new SessionServlet(view, mock(Authenticator.class)));
        servlets.put("/tokens", new TokenServlet(view, tokens));
        servlets.put("/audit", new AuditServlet(view, history, events));
        servlets.put("/history", new HistoryServlet(view, history, events));
        server = new WebServer();
        servlets.forEach((path, servlet) -> server.with(ROOT + path, servlet));
    }

    @BeforeEach
    void forget() {
        reset(vms, pairs, migrations, doctor, policies, nics, provisioning, readiness, bulk, tokens, history);
        called.clear();
    }

    @AfterAll
    void stop() throws Exception {
        server.close();
    }

    private static <T> T sample(Samples kind, Class<T> type) {
        return type.cast(kind.of(type));
    }

    private void answer(Samples kind) {
        Vm vm = sample(kind, Vm.class);
        List<Finding> findings = List.of(sample(kind, Finding.class));
        PairChange shape = sample(kind, PairChange.class);
        PairChange change = new PairChange(shape.changed(), shape.effect(), List.of(), DEFINITION);
        Migration migration = sample(kind, Migration.class);
        Migration running = Things.migration("m-1", 1, 1, Optional.empty());
        when(vms.hosts()).thenReturn(List.of(sample(kind, HostView.class)));
        when(vms.list()).thenReturn(new VmInventory(List.of(vm), findings));
        when(vms.show(any())).thenReturn(vm);
        when(vms.examine(any())).thenReturn(vm);
        when(vms.definition(any())).thenReturn(DEFINITION);
        when(vms.define(any(), any())).thenReturn(List.of());
        when(pairs.lint(any())).thenReturn(findings);
        when(pairs.lint(any(), any())).thenReturn(findings);
        when(pairs.vfRequirements(any())).thenReturn(List.of(sample(kind, VfRequirement.class)));
        when(pairs.fix(any(), any())).thenReturn(change);
        when(pairs.planOn(any(), any(), any())).thenReturn(change);
        when(pairs.planOff(any(), any())).thenReturn(change);
        when(pairs.turnOn(any(), any())).thenReturn(change);
        when(pairs.turnOff(any(), any())).thenReturn(change);
        when(migrations.list()).thenReturn(List.of(migration));
        when(migrations.show(any())).thenReturn(running);
        when(migrations.cancel(any())).thenReturn(migration);
        when(migrations.start(any(), any(), any())).thenReturn(migration);
        AccessToken token = sample(kind, AccessToken.class);
        when(readiness.evaluate(any())).thenReturn(sample(kind, FleetReadiness.class));
        when(readiness.evaluateVms(any())).thenReturn(sample(kind, FleetReadiness.class));
        BulkMigration many = sample(kind, BulkMigration.class);
        when(bulk.list()).thenReturn(List.of(many));
        when(bulk.show(any())).thenReturn(many);
        when(bulk.start(any(), any(), any())).thenReturn(many);
        when(bulk.cancel(any())).thenReturn(many);
        when(bulk.cancel(any(), any())).thenReturn(many);
        when(tokens.list()).thenReturn(List.of(token));
        when(tokens.create(any(), any(), any(), any())).thenReturn(new AccessTokens.Created(token, "text"));
        when(history.find(any(HistoryQuery.class)))
                .thenAnswer(call -> page(kind, call.<HistoryQuery>getArgument(0).kinds()));
        when(history.find("text")).thenReturn(Optional.of(entry(kind, HistoryKind.FINDING)));
        when(policies.current()).thenReturn(sample(kind, Policy.class));
        when(doctor.examine()).thenReturn(findings);
        when(guests.check(any())).thenReturn(findings);
        when(nics.pools()).thenReturn(List.of(sample(kind, PoolView.class)));
        when(nics.inventories()).thenReturn(List.of(sample(kind, NicInventory.class)));
        when(provisioning.before(any(), any(), any(), any())).thenReturn(new Provisioned(DEFINITION, findings));
    }

    private static HistoryPage page(Samples kind, Set<HistoryKind> kinds) {
        List<HistoryEntry> entries = kinds.stream().map(one -> entry(kind, one)).toList();
        return new HistoryPage(entries, kind == Samples.FULL ? Optional.of("text") : Optional.empty());
    }

    private static HistoryEntry entry(Samples kind, HistoryKind of) {
        return new HistoryEntry(
                "text",
                "text",
                of,
                Instant.EPOCH,
                Optional.of(sample(kind, Migration.class)).filter(m -> of == HistoryKind.MIGRATION),
                Optional.of(sample(kind, AuditEntry.class)).filter(a -> of == HistoryKind.ACTION),
                Optional.of(sample(kind, PastFinding.class)).filter(f -> of == HistoryKind.FINDING));
    }

    /** Sends a request, and compares it and its response with the description. */
    private HttpResponse<String> call(String method, String path, String body, String... headers) throws Exception {
        Map<String, String> all = new LinkedHashMap<>();
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        if (!method.equals("GET")) {
            all.put("X-Requested-With", "test");
        }
        HttpRequest.Builder request = server.request(ROOT + path)
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        all.forEach(request::header);
        HttpResponse<String> response = server.send(request);
        String[] parts = path.split("\\?");
        OpenApi.Operation operation = api.operation(method, parts[0]).orElseThrow();
        assertThat(api.contradictions(operation, response))
                .as("%s %s: %s %s", method, path, response.statusCode(), response.body())
                .isEmpty();
        if (response.statusCode() < 300) {
            called.add(operation.id());
            assertThat(api.contradictions(operation, parts.length == 2 ? parts[1] : "", all, body))
                    .as("%s %s", method, path)
                    .isEmpty();
        }
        return response;
    }

    @ParameterizedTest
    @EnumSource(Samples.class)
    void describesEveryRequestAndResponse(Samples kind) throws Exception {
        answer(kind);
        for (String path : List.of(
                "/hosts?available=true&connector=text&q=t&sort=-name&limit=5",
                "/pools?sort=kind",
                "/vfs?host=text&sort=host",
                "/findings?severity=notice&code=healthy&sort=subject",
                "/doctor",
                "/health",
                "/configuration",
                "/words",
                "/openapi.json",
                "/vms?host=text&state=unknown&sort=health&limit=1",
                "/vms/web1?host=alpha",
                "/vms/web1/definition",
                "/vms/web1/guest",
                "/vms/web1/lint",
                "/vms/web1/preflight?destination=beta&acceptStandby",
                "/vms/web1/pairs",
                "/vms/web1/vf-requirements",
                "/migrations?vm=text&host=text&running=false&outcome=needs-attention&sort=-started",
                "/migrations/m-1",
                "/readiness?host=alpha",
                "/readiness?vm=web1&vm=alpha/" + Things.uuid(1),
                "/bulk-migrations",
                "/bulk-migrations/b-1",
                "/session",
                "/tokens",
                "/audit?vm=" + Things.uuid(1) + "&host=alpha&user=karaf&result=refused&since=2026-11-01T00:00:00Z",
                "/audit?until=2026-11-02T00:00:00Z&limit=5&cursor=text",
                "/history?kind=migration&vm=" + Things.uuid(1) + "&host=alpha&outcome=completed&sort=-host",
                "/history?kind=finding&since=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00Z&limit=5&cursor=text",
                "/history/text")) {
            assertThat(call("GET", path, "").statusCode()).as(path).isEqualTo(200);
        }
        call("POST", "/lint?host=alpha", DEFINITION, "Content-Type", "application/xml");
        call("POST", "/vms?host=alpha", DEFINITION, "Idempotency-Key", "k1");
        call("PUT", "/vms/web1/definition", DEFINITION);
        call("DELETE", "/vms/web1", "", "If-Match", "*");
        call("POST", "/vms/web1/fix?dry-run", "");
        call("POST", "/vms/web1/pair", PAIR);
        call("DELETE", "/vms/web1/pair?nic=0", "");
        call("POST", "/vms/web1/pairs", PAIR, "Content-Type", "application/json");
        call("DELETE", "/vms/web1/pairs/0", "");
        call("POST", "/vms/web1/pairs?dry-run", PAIR);
        call("DELETE", "/vms/web1/pairs/0?dry-run", "");
        for (String verb : List.of("start", "shutdown", "destroy", "reset", "pause", "resume")) {
            call("POST", "/vms/web1/" + verb, "");
        }
        call("POST", "/vms/web1/guest-check", "");
        call("POST", "/migrations", MIGRATE);
        call("DELETE", "/migrations/m-1", "");
        call("POST", "/bulk-migrations", BULK);
        call("DELETE", "/bulk-migrations/b-1?vm=web1", "");
        call("DELETE", "/bulk-migrations/b-1", "");
        call("POST", "/tokens", TOKEN);
        call("DELETE", "/tokens/t-1", "");
        call("DELETE", "/session", "");
        call(
                "POST",
                "/provision/define?host=alpha&nic=0&pool=fast&form=plain-hostdev&consent=bypass-filter",
                DEFINITION);
        call("POST", "/provision/passed?host=alpha", PASSED, "Content-Type", "application/json");
        if (kind == Samples.FULL) {
            call("GET", "/vms/web1/pairs/text", "");
            // Their responses are streams.
            called.add("readEvents");
            assertThat(called)
                    .containsExactlyInAnyOrderElementsOf(
                            api.operations().stream().map(OpenApi.Operation::id).toList());
        }
    }

    @Test
    void describesErrors() throws Exception {
        answer(Samples.SPARSE);
        when(vms.show(any())).thenThrow(new IllegalStateException("from the test"));
        assertThat(call("GET", "/vms/web1", "").statusCode()).isEqualTo(500);
        assertThat(call("POST", "/migrations", "{").statusCode()).isEqualTo(400);
        assertThat(call("GET", "/vms?x=1", "").statusCode()).isEqualTo(400);
        assertThat(call("POST", "/migrations", "<x/>", "Content-Type", "application/xml")
                        .statusCode())
                .isEqualTo(415);
    }

    @ParameterizedTest
    @CsvSource({"Vm,Vm", "HostEntry,HostEntry", "PoolShare,PoolShare", "Migration,Migration", "PairChanged,PairChanged"
    })
    void describesTheObjectsOfEvents(String schema, String name) throws Exception {
        Map<String, Class<?>> types = Map.of(
                "Vm", Vm.class,
                "HostEntry", HostEntry.class,
                "PoolShare", PoolShare.class,
                "Migration", Migration.class,
                "PairChanged", Pairs.PairChanged.class);
        for (Samples kind : Samples.values()) {
            String json = view.write(kind.of(types.get(name)));
            assertThat(api.errors(schema, WebServer.JSON.readTree(json)))
                    .as(json)
                    .isEmpty();
        }
        assertThat(api.errors(
                        "NetworkGapNotMeasured",
                        WebServer.JSON.readTree(view.write(new NetworkGap.NotMeasured("No probe")))))
                .isEmpty();
    }

    @Test
    void describesEveryRouteAndNoOther() {
        Set<String> routes = new TreeSet<>();
        servlets.forEach((path, servlet) ->
                servlet.routes().forEach(route -> routes.add(route.method() + " " + path + route.pattern())));

        assertThat(api.operations())
                .extracting(operation -> operation.method() + " " + operation.path())
                .containsExactlyInAnyOrderElementsOf(routes);
    }

    @Test
    void namesTheQueryParametersThatEachChangeKnows() {
        Map<String, Set<String>> known = new TreeMap<>();
        servlets.forEach((path, servlet) -> servlet.routes().stream()
                .filter(route -> !route.method().equals("GET"))
                .forEach(route ->
                        known.put(route.method() + " " + path + route.pattern(), new TreeSet<>(route.known()))));

        Map<String, Set<String>> described = new TreeMap<>();
        api.operations().stream()
                .filter(operation -> !operation.method().equals("GET"))
                .forEach(operation ->
                        described.put(operation.method() + " " + operation.path(), api.queryParameters(operation)));
        assertThat(described).isEqualTo(known);
    }

    /** The calls between servers are not for other clients. */
    @Test
    void describesEveryServlet() throws Exception {
        Set<String> known = new TreeSet<>(Set.of(PeerServlet.class.getSimpleName()));
        servlets.values().forEach(servlet -> known.add(servlet.getClass().getSimpleName()));

        assertThat(restServlets()).isEqualTo(known);
        assertThat(new PeerServlet(view, mock(PeerEndpoint.class)).routes())
                .extracting(Route::action)
                .containsOnly(Action.PEER_READ, Action.PEER_CHANGE);
    }

    private static Set<String> restServlets() throws URISyntaxException, Exception {
        Path classes = Path.of(RestServlet.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith("Servlet.class"))::iterator) {
                String name = classes.relativize(file).toString().replace('/', '.');
                Class<?> type = Class.forName(name.substring(0, name.length() - ".class".length()));
                if (type.getSuperclass() == RestServlet.class) {
                    found.add(type.getSimpleName());
                }
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                VmState.class,
                PairHealth.class,
                Outcome.class,
                StepState.class,
                MigrationStep.class,
                MigrationStrategy.class,
                PrimaryKind.class,
                PrimaryForm.class,
                NicRole.class,
                VfState.class,
                VfioReadiness.class,
                Severity.class,
                Consent.class,
                PairChange.Effect.class,
                AuditEntry.Face.class,
                AuditEntry.Result.class,
                Action.class,
                NicProvisioning.Occasion.class
            })
    void namesEveryConstant(Class<? extends Enum<?>> type) {
        Set<String> constants = new TreeSet<>();
        for (Enum<?> constant : type.getEnumConstants()) {
            constants.add(EnumParser.word(constant));
        }

        assertThat(api.document.findValues("enum"))
                .as("the values of %s", type.getSimpleName())
                .anySatisfy(values -> assertThat(texts(values)).isEqualTo(constants));
    }

    private static Set<String> texts(JsonNode values) {
        Set<String> texts = new TreeSet<>();
        values.forEach(value -> texts.add(value.asText()));
        return texts;
    }

    @Test
    void hasARemedyForEveryError() {
        assertThat(DisplayNames.all())
                .extractingByKey("errors")
                .satisfies(errors -> assertThat((Map<?, ?>) errors).hasSize(ErrorCode.values().length));
    }
}

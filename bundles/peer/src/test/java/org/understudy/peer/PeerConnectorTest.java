// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PeerEndpoint;
import org.understudy.api.xml.MigrationMark;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.concurrent.testing.FakeTime;

/** Both sides of a peer over a real HTTP exchange; the servlet in between belongs to the web bundle. */
class PeerConnectorTest {
    private static final VmName VM = new VmName("web1");
    private static final String LOGIN =
            "Basic " + Base64.getEncoder().encodeToString("peer:secret".getBytes(StandardCharsets.UTF_8));

    private static final Optional<String> CURRENT = Optional.of(PeerProtocol.CURRENT.header());

    @TempDir
    Path folder;

    private final Host served = mock(Host.class);
    private final AtomicReference<Consumer<HostEvent>> events = new AtomicReference<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final FakeTime time = new FakeTime();
    private final AtomicBoolean failing = new AtomicBoolean();
    private PeerConnector connector = new PeerConnector(PeerProtocol.CURRENT, time);
    private final AtomicReference<String> refusal = new AtomicReference<>();
    private HttpServer server;
    private PeerCalls calls;
    private Map<String, String> options;

    @BeforeEach
    void serve() throws IOException {
        when(served.subscribe(any())).thenAnswer(call -> {
            events.set(call.getArgument(0));
            return (org.understudy.api.Subscription) () -> events.set(null);
        });
        calls = new PeerCalls(hosts());
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/understudy/api/v1/peer/beta/", this::answer);
        server.start();
        Path password = Files.writeString(folder.resolve("password"), "secret\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        options = new HashMap<>(Map.of(
                "url",
                "http://127.0.0.1:" + server.getAddress().getPort() + "/understudy",
                "user",
                "peer",
                "password-file",
                password.toString()));
    }

    @AfterEach
    void stop() {
        connector.deactivate();
        server.stop(0);
        threads.shutdownNow();
        calls.deactivate();
    }

    @Test
    void carriesRecordsThereAndBackUnchanged() {
        HostedVm vm = new HostedVm(VM, UUID.randomUUID(), VmState.RUNNING, "");
        HostFacts facts = new HostFacts(
                "qemu",
                "QEMU 7.2.22, TCG",
                Optional.of(new HostFacts.Version(7, 2, 22)),
                Optional.empty(),
                Optional.of("tcg"),
                Set.of("pc-q35-7.2"),
                Optional.of(false),
                Optional.empty(),
                List.of(Finding.of(FindingCode.ACCELERATOR_FALLBACK, "host beta", "no KVM", "")));
        when(served.vms()).thenReturn(List.of(vm));
        when(served.find(VM)).thenReturn(Optional.of(vm));
        when(served.facts()).thenReturn(facts);
        when(served.standbyNegotiated(VM, new Alias("ua-a"))).thenReturn(Optional.of(true));
        when(served.definition(VM)).thenReturn("<domain/>");
        try (Host peer = open()) {
            assertThat(peer.name()).isEqualTo(new HostName("beta"));
            assertThat(peer.vms()).containsExactly(vm);
            assertThat(peer.find(VM)).contains(vm);
            assertThat(peer.findByUuid(vm.uuid())).contains(vm);
            assertThat(peer.findByUuid(new UUID(7, 7))).isEmpty();
            assertThat(peer.facts()).isEqualTo(facts);
            assertThat(peer.standbyNegotiated(VM, new Alias("ua-a"))).contains(true);
            peer.start(VM, Map.of(new Alias("ua-vf"), PciAddress.parse("0000:01:10.2")));
            verify(served).start(VM, Map.of(new Alias("ua-vf"), PciAddress.parse("0000:01:10.2")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"web1", "web server: b\u00FCro/\uD83D\uDE00 100%", "..", "-rf?x#y"})
    void controlsBothEndsOfAMigrationByTheNameOfTheVm(String name) {
        VmName vm = new VmName(name);
        IncomingMigration incoming = mock(IncomingMigration.class);
        OutgoingMigration outgoing = mock(OutgoingMigration.class);
        MigrationProgress progress =
                new MigrationProgress(MigrationPhase.ACTIVE, 100, 40, Optional.of(Duration.ofMillis(12)), "");
        when(incoming.uri()).thenReturn("tcp:127.0.0.1:49152");
        when(outgoing.progress()).thenReturn(progress);
        when(served.incoming(vm)).thenReturn(Optional.of(incoming));
        when(served.outgoing(vm)).thenReturn(Optional.of(outgoing));
        IncomingRequest request = new IncomingRequest(
                new MigrationId("m-1"),
                vm,
                "<domain/>",
                "<domain/>",
                MigrationOptions.defaults().withProbe(new ProbeTarget.Heartbeat("127.0.0.1", 4711, 1)),
                Map.of());
        try (Host peer = open()) {
            IncomingMigration prepared = peer.prepareIncoming(request);
            verify(served).prepareIncoming(request);
            assertThat(prepared.uri()).isEqualTo("tcp:127.0.0.1:49152");
            prepared.accept();
            verify(incoming).accept();
            assertThat(peer.outgoing(vm).orElseThrow().progress()).isEqualTo(progress);
        }
    }

    /** Another server may have started a migration of the same VM since. */
    @Test
    void reachesNoOtherMigrationOfTheVm() {
        MigrationId id = new MigrationId("m-1");
        String live = MigrationMark.set("<domain/>", id);
        IncomingMigration incoming = mock(IncomingMigration.class);
        OutgoingMigration outgoing = mock(OutgoingMigration.class);
        when(served.incoming(VM)).thenReturn(Optional.of(incoming));
        when(served.outgoing(VM)).thenReturn(Optional.of(outgoing));
        when(served.liveDefinition(VM)).thenReturn(Optional.of(live));
        when(outgoing.migration()).thenReturn(Optional.of(id));
        try (Host peer = open()) {
            IncomingMigration in = peer.prepareIncoming(
                    new IncomingRequest(id, VM, live, "<domain/>", MigrationOptions.defaults(), Map.of()));
            OutgoingMigration out = peer.startOutgoing(
                    new OutgoingRequest(id, VM, "tcp:127.0.0.1:49152", MigrationOptions.defaults(), live, "<domain/>"));
            in.abort();
            out.cancel();
            verify(incoming).abort();
            verify(outgoing).cancel();
            assertThat(peer.outgoing(VM).orElseThrow().migration()).contains(id);

            MigrationId other = new MigrationId("m-2");
            when(served.liveDefinition(VM)).thenReturn(Optional.of(MigrationMark.set(live, other)));
            when(outgoing.migration()).thenReturn(Optional.of(other));

            assertThatThrownBy(in::abort).hasMessageContaining("not in migration m-1");
            assertThatThrownBy(out::cancel).hasMessageContaining("not in migration m-1");
            verify(incoming).abort();
            verify(outgoing).cancel();
        }
    }

    @Test
    void findsNoOutgoingMigration() {
        when(served.outgoing(VM)).thenReturn(Optional.empty());
        try (Host peer = open()) {
            assertThat(peer.outgoing(VM)).isEmpty();
        }
    }

    @Test
    void deliversEventsInOrder() throws InterruptedException {
        BlockingQueue<HostEvent> received = new LinkedBlockingQueue<>();
        Instant at = Instant.parse("2026-11-01T10:00:00.123456Z");
        List<HostEvent> sent = List.of(
                new HostEvent.UnplugRequested(VM, at, new Alias("ua-vf")),
                new HostEvent.MigrationChanged(VM, at, MigrationPhase.WAIT_UNPLUG),
                new HostEvent.Resumed(VM, at));
        try (Host peer = open()) {
            peer.subscribe(received::add);
            sent.forEach(event -> events.get().accept(event));
            for (HostEvent event : sent) {
                assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(event);
            }
        }
    }

    @Test
    void deliversTheEventsThatItCouldNotReadAtFirst() throws InterruptedException {
        BlockingQueue<HostEvent> received = new LinkedBlockingQueue<>();
        HostEvent first = new HostEvent.Resumed(VM, Instant.parse("2026-11-01T10:00:00Z"));
        HostEvent second = new HostEvent.Resumed(VM, Instant.parse("2026-11-01T10:00:01Z"));
        try (Host peer = open()) {
            peer.subscribe(received::add);
            await().until(() -> events.get() != null);
            failing.set(true);
            events.get().accept(first);
            for (int failures = 1; failures < 4; failures++) {
                await().until(() -> time.timed() == 1);
                time.advance(Duration.ofSeconds(5));
            }
            events.get().accept(second);
            failing.set(false);
            await().until(() -> {
                time.advance(Duration.ofSeconds(5));
                return received.size() == 2;
            });

            assertThat(received).containsExactly(first, second);
        }
    }

    @Test
    void reportsMissedEventsOfEveryVmAfterTheServerOfThePeerWasRestarted() throws InterruptedException {
        BlockingQueue<HostEvent> received = new LinkedBlockingQueue<>();
        HostedVm vm = new HostedVm(VM, UUID.randomUUID(), VmState.RUNNING, "");
        when(served.vms()).thenReturn(List.of(vm));
        try (Host peer = open()) {
            peer.subscribe(received::add);
            await().until(() -> events.get() != null);
            Consumer<HostEvent> former = events.get();
            PeerCalls before = calls;
            calls = new PeerCalls(hosts());
            before.deactivate();
            // Ends the poll that still waits at the former server.
            former.accept(new HostEvent.Paused(VM, Instant.EPOCH));

            assertThat(received.poll(60, TimeUnit.SECONDS)).isInstanceOf(HostEvent.Paused.class);
            assertThat(received.poll(60, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            HostEvent.EventsMissed.class,
                            missed -> assertThat(missed.vm()).isEqualTo(VM));

            HostEvent next = new HostEvent.Resumed(VM, Instant.parse("2026-11-01T10:00:00Z"));
            events.get().accept(next);
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(next);
        }
    }

    /** No event names a VM that the peer no longer has, so that all VMs are to be read. */
    @Test
    void callsTheListenerOfOutagesAfterTheServerOfThePeerWasRestarted() {
        List<Optional<String>> outages = new CopyOnWriteArrayList<>();
        try (Host peer = open()) {
            await().until(() -> events.get() != null);
            peer.listenForOutages(() -> outages.add(peer.outage()));
            Consumer<HostEvent> former = events.get();
            PeerCalls before = calls;
            calls = new PeerCalls(hosts());
            before.deactivate();
            former.accept(new HostEvent.Paused(VM, Instant.EPOCH));

            await().untilAsserted(() -> assertThat(outages).containsExactly(Optional.empty()));
        }
    }

    @Test
    void pollsNoMoreAfterItIsClosed() {
        open().close();

        await().until(() -> SystemScheduler.usage().stream()
                .filter(pool -> pool.name().equals("understudy-peer"))
                .allMatch(pool -> pool.active() == 0 && pool.waiting() == 0));
        assertThat(time.timed()).isZero();
    }

    @Test
    void deliversEventsAfterAListenerThrewAnError() throws InterruptedException {
        BlockingQueue<HostEvent> received = new LinkedBlockingQueue<>();
        List<HostEvent> sent = List.of(
                new HostEvent.Resumed(VM, Instant.parse("2026-11-01T10:00:00Z")),
                new HostEvent.Resumed(VM, Instant.parse("2026-11-01T10:00:01Z")));
        try (Host peer = open()) {
            peer.subscribe(event -> {
                throw new StackOverflowError("from the test");
            });
            peer.subscribe(received::add);
            for (HostEvent event : sent) {
                events.get().accept(event);
                assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(event);
            }
        }
    }

    @Test
    void throwsTheExceptionOfThePeer() {
        when(served.definition(VM)).thenThrow(new UnderstudyException(ErrorCode.VM_NOT_FOUND, "no VM web1"));
        try (Host peer = open()) {
            assertThatThrownBy(() -> peer.definition(VM))
                    .isInstanceOf(UnderstudyException.class)
                    .hasMessageContaining("no VM web1")
                    .extracting(e -> ((UnderstudyException) e).code())
                    .isEqualTo(ErrorCode.VM_NOT_FOUND);
        }
    }

    @Test
    void namesTheHostThatDoesNotAnswerToThePeer() {
        when(served.vms())
                .thenThrow(
                        new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Host beta cannot be opened: timed out"));
        try (Host peer = open()) {
            assertCode(peer::vms, ErrorCode.HOST_UNAVAILABLE);
            assertThatThrownBy(peer::vms)
                    .hasMessageContaining("Peer http://127.0.0.1:")
                    .hasMessageContaining("Host beta cannot be opened: timed out");
        }
    }

    @Test
    void reportsThatThePeerDoesNotAnswer() {
        try (Host peer = open()) {
            server.stop(0);
            assertCode(peer::vms, ErrorCode.HOST_UNAVAILABLE);
        }
    }

    @Test
    void refusesAWrongPasswordAndWrongOptions() throws IOException {
        Files.writeString(folder.resolve("password"), "wrong");
        assertCode(this::open, ErrorCode.HOST_UNAVAILABLE);
        options.put("pasword", "x");
        assertCode(this::open, ErrorCode.CONFIGURATION_INVALID);
        options = Map.of("url", "ftp://x", "user", "u", "password-file", "p");
        assertCode(this::open, ErrorCode.CONFIGURATION_INVALID);
        options = Map.of("url", "http://x");
        assertCode(this::open, ErrorCode.CONFIGURATION_INVALID);
    }

    @Test
    void refusesAPasswordFileThatOtherUsersCanRead() throws IOException {
        Files.setPosixFilePermissions(folder.resolve("password"), PosixFilePermissions.fromString("rw-r--r--"));

        assertThatThrownBy(this::open)
                .hasMessageContaining("has mode rw-r--r--")
                .hasMessageContaining("run chmod 600 " + folder.resolve("password"));
    }

    @Test
    void checkRefusesAnInvalidOptionAndAServerThatDoesNotAnswer() {
        PeerConnector connector = new PeerConnector();
        HostPolicy right = new HostPolicy(new HostName("beta"), "peer", Map.copyOf(options));
        options.put("pasword", "x");
        HostPolicy wrong = new HostPolicy(new HostName("beta"), "peer", options);

        connector.check(right);

        assertCode(() -> connector.check(wrong), ErrorCode.CONFIGURATION_INVALID);
        server.stop(0);
        assertCode(() -> connector.check(right), ErrorCode.HOST_UNAVAILABLE);
    }

    @Test
    void refusesCallsThatAreNotForPeersAndArgumentsThatDoNotFit() {
        HostName beta = new HostName("beta");
        assertCode(() -> calls.call(CURRENT, beta, "close", "[]"), ErrorCode.INVALID_ARGUMENT);
        assertCode(() -> calls.call(CURRENT, beta, "getClass", "[]"), ErrorCode.INVALID_ARGUMENT);
        assertCode(() -> calls.call(CURRENT, beta, "definition", "[]"), ErrorCode.INVALID_ARGUMENT);
        assertCode(() -> calls.call(CURRENT, beta, "definition", "[{\"value\":\"\"}]"), ErrorCode.INVALID_ARGUMENT);
        assertCode(() -> calls.call(CURRENT, beta, "definition", "nonsense"), ErrorCode.INVALID_ARGUMENT);
        assertCode(() -> calls.call(CURRENT, new HostName("gamma"), "vms", "[]"), ErrorCode.HOST_NOT_FOUND);
    }

    @ParameterizedTest
    @CsvSource({"4, 4", "5, 4", "4, 5"})
    void worksWithAPeerOneVersionApart(int here, int there) {
        when(served.vms()).thenReturn(List.of());
        calls = new PeerCalls(hosts(), new PeerProtocol(there));
        try (Host peer = open(new PeerProtocol(here))) {
            assertThat(peer.vms()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"6, 4, Upgrade the Understudy of that server.", "4, 6, Upgrade this server."})
    void refusesAPeerTwoVersionsApartAndNamesTheServerToUpgrade(int here, int there, String remedy) {
        calls = new PeerCalls(hosts(), new PeerProtocol(there));
        assertThatThrownBy(() -> open(new PeerProtocol(here)))
                .hasMessageStartingWith("Peer http://127.0.0.1:")
                .hasMessageContaining("version " + there + " is not compatible with version " + here)
                .hasMessageEndingWith(remedy)
                .extracting(e -> ((UnderstudyException) e).code())
                .isEqualTo(ErrorCode.HOST_UNAVAILABLE);
    }

    @Test
    void carriesOutNoCallOfACallerTwoVersionsApart() {
        HostName beta = new HostName("beta");
        calls = new PeerCalls(hosts(), new PeerProtocol(4));
        assertThatThrownBy(() -> calls.call(Optional.of("2"), beta, "destroy", "[{\"value\":\"web1\"}]"))
                .hasMessage("Calling server: protocol version 2 is not compatible with version 4 of this server."
                        + " Upgrade the Understudy of that server.");
        assertThatThrownBy(() -> calls.call(Optional.of("6"), beta, "destroy", "[{\"value\":\"web1\"}]"))
                .hasMessageEndingWith("Upgrade this server.");
        verify(served, never()).destroy(any());
    }

    @Test
    void countsAServerWithoutTheHeaderAsVersion0() {
        HostName beta = new HostName("beta");
        when(served.vms()).thenReturn(List.of());
        assertThat(calls.call(Optional.empty(), beta, "vms", "[]")).isEqualTo("[]");
        calls = new PeerCalls(hosts(), new PeerProtocol(2));
        assertThatThrownBy(() -> calls.call(Optional.empty(), beta, "vms", "[]"))
                .hasMessageContaining(
                        "version 0 (no header Understudy-Peer-Protocol) is not compatible with version 2");
    }

    @Test
    void sendsAnEarlierVersionOnlyTheVmsThatItReads() {
        HostName beta = new HostName("beta");
        HostedVm plain = new HostedVm(VM, new UUID(1, 2), VmState.RUNNING, "");
        when(served.vms())
                .thenReturn(List.of(
                        plain,
                        new HostedVm(new VmName("web server"), new UUID(1, 3), VmState.RUNNING, ""),
                        new HostedVm(new VmName("x".repeat(65)), new UUID(1, 4), VmState.RUNNING, "")));

        assertThat(calls.call(CURRENT, beta, "vms", "[]")).contains("web server", "x".repeat(65));
        assertThat(calls.call(Optional.empty(), beta, "vms", "[]"))
                .contains("web1")
                .doesNotContain("web server", "x".repeat(65));

        calls.call(Optional.empty(), beta, "events", "{\"epoch\":\"\",\"position\":0}");
        for (VmName vm : List.of(new VmName("web server"), VM)) {
            events.get().accept(new HostEvent.Resumed(vm, Instant.EPOCH));
        }
        String start = calls.call(CURRENT, beta, "events", "{\"epoch\":\"\",\"position\":0}");
        String epoch = start.replaceAll(".*\"epoch\":\"([^\"]*)\".*", "$1");
        String poll = "{\"epoch\":\"" + epoch + "\",\"position\":0}";
        await().until(() -> calls.call(CURRENT, beta, "events", poll).contains("web server"));
        assertThat(calls.call(Optional.empty(), beta, "events", poll))
                .contains("web1")
                .doesNotContain("web server");
    }

    @Test
    void reportsAHeaderThatIsNoVersion() {
        assertThatThrownBy(() -> calls.call(Optional.of("1, 1"), new HostName("beta"), "vms", "[]"))
                .hasMessageContaining("header Understudy-Peer-Protocol is '1, 1'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://192.0.2.1:8181/understudy",
                "http://beta.example.org/understudy/",
                "http://[2001:db8::1]:8181/understudy",
                "http://127.0.0.1.example.org/understudy",
                "http://localhost.example.org/understudy",
                "http://0.0.0.0:8181/understudy",
                "http://127.0.0.1@192.0.2.1/understudy"
            })
    void sendsNoPasswordToAnotherMachineWithoutTls(String url) {
        options.put("url", url);

        assertCode(this::open, ErrorCode.CONFIGURATION_INVALID);
        assertThatThrownBy(this::open)
                .hasMessageStartingWith("Host beta: url '" + url + "' would send the password of user 'peer'")
                .hasMessageContaining("use an https:// url");
    }

    @Test
    void reportsAMissingRoleOfItsUserAsAHostThatIsNotAvailable() {
        refusal.set("{\"code\":\"role-missing\",\"detail\":\"User 'peer' does not have the role 'admin'\"}");

        assertCode(this::open, ErrorCode.HOST_UNAVAILABLE);
        assertThatThrownBy(this::open).hasMessageContaining("User 'peer' does not have the role 'admin'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST", "127.0.0.1"})
    void needsNoTlsOnTheSameMachine(String host) {
        options.put("url", options.get("url").replace("127.0.0.1", host));

        open().close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://beta.invalid/understudy", "http://127.9.9.9:1/understudy", "http://[::1]:1/understudy"})
    void connectsWithTlsToAnyMachineAndWithoutToEveryLoopbackAddress(String url) {
        options.put("url", url);

        assertCode(this::open, ErrorCode.HOST_UNAVAILABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://my_host/understudy", "https:///understudy", "https://"})
    void reportsAUrlWithoutAHost(String url) {
        options.put("url", url);

        assertCode(this::open, ErrorCode.CONFIGURATION_INVALID);
    }

    private static void assertCode(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, ErrorCode code) {
        assertThatThrownBy(call)
                .isInstanceOf(UnderstudyException.class)
                .extracting(e -> ((UnderstudyException) e).code())
                .isEqualTo(code);
    }

    private Host open() {
        return open(PeerProtocol.CURRENT);
    }

    private Host open(PeerProtocol protocol) {
        connector.deactivate();
        connector = new PeerConnector(protocol, time);
        return connector.open(new HostPolicy(new HostName("beta"), "peer", options));
    }

    private Hosts hosts() {
        return new Hosts() {
            @Override
            public List<Host> all() {
                return List.of(served);
            }

            @Override
            public Host host(HostName name) {
                if (name.value().equals("beta")) {
                    return served;
                }
                throw new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "no host " + name);
            }
        };
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (refusal.get() != null) {
                send(exchange, 403, "application/problem+json", refusal.get());
                return;
            }
            if (!LOGIN.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.sendResponseHeaders(401, -1);
                return;
            }
            String call = exchange.getRequestURI().toString().substring("/understudy/api/v1/peer/beta/".length());
            String arguments = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Optional<String> caller =
                    Optional.ofNullable(exchange.getRequestHeaders().getFirst(PeerEndpoint.PROTOCOL_HEADER));
            if (failing.get()) {
                exchange.sendResponseHeaders(503, -1);
                return;
            }
            exchange.getResponseHeaders().set(PeerEndpoint.PROTOCOL_HEADER, calls.protocol());
            try {
                send(exchange, 200, "application/json", calls.call(caller, new HostName("beta"), call, arguments));
            } catch (UnderstudyException e) {
                String problem = "{\"code\":\"%s\",\"detail\":\"%s\",\"status\":1}"
                        .formatted(
                                e.code()
                                        .name()
                                        .toLowerCase(java.util.Locale.ROOT)
                                        .replace('_', '-'),
                                e.getMessage());
                send(exchange, e.code().httpStatus(), "application/problem+json", problem);
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}

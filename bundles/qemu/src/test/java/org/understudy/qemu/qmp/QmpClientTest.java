// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.concurrent.SystemScheduler;

@Timeout(120)
class QmpClientTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(100);

    @TempDir
    Path folder;

    private final List<QmpEvent> events = new CopyOnWriteArrayList<>();
    private final List<UnderstudyException> closed = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final ExecutorService threads = SystemScheduler.process().pool("qmp-test");
    private Path socket;

    @BeforeEach
    void nameSocket() {
        socket = folder.resolve("qmp");
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : opened) {
            one.close();
        }
        threads.shutdown();
    }

    /** Waits until the reader has ended, and all that it handed to the pool is done. */
    private void awaitDeliveries() throws InterruptedException {
        await().until(() -> !threadExists("qmp-reader " + socket));
        threads.shutdown();
        assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }

    @Test
    void negotiatesAndReturnsVersion() {
        QmpClient client = connect(p -> p.handshake().hang());

        assertThat(client.isOpen()).isTrue();
        assertThat(client.version()).isEqualTo(new Version(7, 2, 22));
    }

    @Test
    void waitsForTheSocketToAppear() throws Exception {
        Future<QmpClient> connecting = async(() -> QmpClient.connect(socket, LIMIT, threads, events::add, closed::add));
        await().until(() -> threadExists("later"));
        serve(p -> p.handshake().hang());

        QmpClient client = connecting.get(1, TimeUnit.MINUTES);
        opened.add(client);
        assertThat(client.isOpen()).isTrue();
    }

    @Test
    void retriesWhileSocketFileHasNoListener() throws Exception {
        serve(p -> {}).close();
        assertThat(socket).exists();

        assertFails(
                        ErrorCode.DEADLINE_EXCEEDED,
                        () -> QmpClient.connect(socket, SHORT, threads, events::add, closed::add))
                .hasMessageContaining("no server accepted");
    }

    @Test
    void rejectsSocketPathThatIsTooLong() {
        Path tooLong = folder.resolve("x".repeat(108));

        assertFails(
                        ErrorCode.INVALID_ARGUMENT,
                        () -> QmpClient.connect(tooLong, LIMIT, threads, events::add, closed::add))
                .hasMessageContaining("107")
                .hasMessageContaining("shorter");
    }

    @Test
    void timesOutOnServerWithoutGreeting() {
        serve(FakeQemu.Peer::hang);

        assertFails(
                        ErrorCode.DEADLINE_EXCEEDED,
                        () -> QmpClient.connect(socket, SHORT, threads, events::add, closed::add))
                .hasMessageContaining("greeting");
        await().until(() -> !threadExists("qmp-reader " + socket));
    }

    @Test
    void rejectsServerWithAnotherProtocol() {
        assertRejectsGreeting("SSH-2.0-OpenSSH_9.2\r\n", "invalid JSON");
    }

    @Test
    void rejectsServerThatSendsEventInsteadOfGreeting() {
        assertRejectsGreeting("{\"event\": \"RESUME\"}\n", "instead of a QMP greeting");
    }

    @Test
    void rejectsServerThatSendsArray() {
        assertRejectsGreeting("[1, 2]\n", "instead of a QMP greeting");
    }

    @Test
    void failsIfServerClosesConnectionBeforeGreeting() {
        serve(p -> {});

        assertFails(
                ErrorCode.QMP_DISCONNECTED, () -> QmpClient.connect(socket, LIMIT, threads, events::add, closed::add));
        assertThat(closed).isEmpty();
    }

    @Test
    void sendsArgumentsAndReturnsTheReply() {
        QmpClient client = connect(p -> {
            p.handshake();
            JsonNode command = p.next();
            p.answer(command, command.toString());
            p.hang();
        });

        JsonNode reply = client.execute("device_add", Map.of("driver", "e1000e", "id", "ua-vf0"), LIMIT);

        assertThat(reply.path("execute").asText()).isEqualTo("device_add");
        assertThat(reply.path("arguments").toString())
                .contains("\"driver\":\"e1000e\"")
                .contains("\"id\":\"ua-vf0\"");
    }

    @Test
    void throwsRefusalWithErrorClass() {
        QmpClient client = connect(p -> {
            p.handshake();
            p.send("{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": \"no vf9\"}, \"id\": %s}"
                    .formatted(p.next().get("id")));
            p.hang();
        });

        assertFails(ErrorCode.QMP_ERROR, () -> client.execute("device_del", Map.of("id", "vf9"), LIMIT))
                .hasMessageContaining("device_del")
                .hasMessageContaining("DeviceNotFound")
                .hasMessageContaining("no vf9")
                .isInstanceOfSatisfying(
                        QmpRefusal.class, r -> assertThat(r.errorClass()).isEqualTo(QmpRefusal.DEVICE_NOT_FOUND));
        assertThat(client.isOpen()).isTrue();
    }

    @Test
    void matchesRepliesByIdInAnyOrder() throws Exception {
        QmpClient client = connect(p -> {
            p.handshake();
            JsonNode first = p.next();
            JsonNode second = p.next();
            p.answer(second, second.get("execute").toString());
            p.answer(first, first.get("execute").toString());
            p.hang();
        });

        Future<JsonNode> a = async(() -> client.execute("a", Map.of(), LIMIT));
        Future<JsonNode> b = async(() -> client.execute("b", Map.of(), LIMIT));

        assertThat(a.get().asText()).isEqualTo("a");
        assertThat(b.get().asText()).isEqualTo("b");
    }

    @Test
    void dropsReplyAfterDeadline() {
        CountDownLatch late = new CountDownLatch(1);
        QmpClient client = connect(p -> {
            p.handshake();
            JsonNode slow = p.next();
            late.await();
            p.answer(slow, "\"slow\"");
            p.answer(p.next(), "\"quick\"");
            p.hang();
        });

        assertFails(ErrorCode.DEADLINE_EXCEEDED, () -> client.execute("slow", Map.of(), SHORT))
                .hasMessageContaining("'slow'")
                .hasMessageContaining(socket.toString());
        late.countDown();

        assertThat(client.execute("quick", Map.of(), LIMIT).asText()).isEqualTo("quick");
    }

    @Test
    void meetsDeadlineIfServerStopsReading() {
        QmpClient client = connect(p -> p.handshake().hang());
        Map<String, ?> large = Map.of("text", "x".repeat(4_000_000));

        assertFails(ErrorCode.QMP_DISCONNECTED, () -> client.execute("large", large, SHORT))
                .hasMessageContaining("only in part");
        await().until(() -> closed.size() == 1);
        assertFails(ErrorCode.QMP_DISCONNECTED, () -> client.execute("next", Map.of(), LIMIT));
    }

    @Test
    void disconnectsOnGarbage() {
        assertDisconnects("}garbage{\n", ErrorCode.QMP_PROTOCOL);
    }

    @Test
    void disconnectsOnTruncatedJson() {
        assertDisconnects("{\"return\": {\"status\": \"run", ErrorCode.QMP_PROTOCOL);
    }

    @Test
    void disconnectsOnReplyToUnknownCommand() {
        assertDisconnects("{\"return\": {}, \"id\": 4711}\n", ErrorCode.QMP_PROTOCOL);
    }

    @Test
    void disconnectsOnErrorWithoutId() {
        assertDisconnects(
                "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}\n", ErrorCode.QMP_PROTOCOL);
    }

    @Test
    void disconnectsIfServerClosesConnection() {
        assertDisconnects("", ErrorCode.QMP_DISCONNECTED);
    }

    @Test
    void reportsEndOnceAfterLastEvent() throws InterruptedException {
        List<String> order = new CopyOnWriteArrayList<>();
        serve(p -> {
            p.handshake();
            p.next();
            p.send("{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}\n".repeat(50));
        });
        QmpClient client = track(QmpClient.connect(
                socket,
                LIMIT,
                threads,
                e -> order.add(e.name()),
                e -> order.add(e.code().name())));

        assertFails(ErrorCode.QMP_DISCONNECTED, () -> client.execute("quit", Map.of(), LIMIT));

        awaitDeliveries();
        assertThat(order).hasSize(51).last().isEqualTo("QMP_DISCONNECTED");
    }

    @Test
    void deliversNothingAfterClose() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        serve(p -> p.handshake().send("{\"event\": \"STOP\"}\n".repeat(50)));
        QmpClient client = track(QmpClient.connect(
                socket,
                LIMIT,
                threads,
                e -> {
                    events.add(e);
                    uninterruptibly(release);
                },
                closed::add));
        await().until(() -> events.size() == 1 && !client.isOpen());

        client.close();
        release.countDown();

        awaitDeliveries();
        assertThat(events).hasSize(1);
        assertThat(closed).isEmpty();
    }

    @Test
    void stopsItsReaderOnClose() {
        QmpClient client = connect(p -> p.handshake().hang());
        assertThat(threadExists("qmp-reader " + socket)).isTrue();

        client.close();
        client.close();

        await().until(() -> !threadExists("qmp-reader " + socket));
        assertThat(client.isOpen()).isFalse();
        assertFails(ErrorCode.QMP_DISCONNECTED, () -> client.execute("stop", Map.of(), LIMIT))
                .hasMessageContaining("closed by Understudy");
        assertThat(closed).isEmpty();
    }

    @Test
    void failsPendingCommandsOnClose() throws Exception {
        CountDownLatch commandReceived = new CountDownLatch(1);
        QmpClient client = connect(p -> {
            p.handshake();
            p.next();
            commandReceived.countDown();
            p.hang();
        });
        Future<JsonNode> pending = async(() -> client.execute("migrate", Map.of(), LIMIT));
        commandReceived.await();

        client.close();

        assertThatThrownBy(pending::get).cause().isInstanceOf(UnderstudyException.class);
    }

    @Test
    void readsNameTimeAndMembersOfAnEvent() {
        connect(p -> {
            p.handshake();
            p.send("{\"timestamp\": {\"seconds\": 1700000000, \"microseconds\": 250000}, \"event\": \"DEVICE_DELETED\","
                    + " \"data\": {\"device\": \"ua-vf0\"}}\n");
            p.hang();
        });

        await().until(() -> events.size() == 1);
        assertThat(events.get(0).name()).isEqualTo("DEVICE_DELETED");
        assertThat(events.get(0).at()).isEqualTo(Instant.parse("2023-11-14T22:13:20.250Z"));
        assertThat(events.get(0).data().path("device").asText()).isEqualTo("ua-vf0");
    }

    @Test
    void setsTimestampOfEventWithoutOne() {
        Instant before = Instant.now();
        connect(p -> {
            p.handshake();
            p.send("{\"timestamp\": {\"seconds\": -1, \"microseconds\": -1}, \"event\": \"STOP\"}\n");
            p.hang();
        });

        await().until(() -> events.size() == 1);
        assertThat(events.get(0).at()).isBetween(before, Instant.now());
        assertThat(events.get(0).data().isObject()).isTrue();
    }

    @Test
    void deliversEventsReceivedDuringHandshake() {
        connect(p -> {
            p.send(FakeQemu.GREETING);
            JsonNode capabilities = p.next();
            p.send("{\"event\": \"RESUME\"}\n");
            p.answer(capabilities, "{}");
            p.hang();
        });

        await().until(() -> events.size() == 1);
    }

    /** As seen from QEMU 7.2 on a busy machine, when the client connected while QEMU was starting. */
    @Test
    void acceptsASecondGreetingDuringTheHandshakeAlone() {
        QmpClient client = connect(p -> {
            p.send(FakeQemu.GREETING);
            JsonNode capabilities = p.next();
            p.send(FakeQemu.GREETING);
            p.answer(capabilities, "{}");
            p.answer(p.next(), "1");
            p.next();
            p.send(FakeQemu.GREETING);
            p.hang();
        });

        assertThat(client.execute("query-first", Map.of(), LIMIT).asInt()).isEqualTo(1);
        assertFails(ErrorCode.QMP_PROTOCOL, () -> client.execute("query-second", Map.of(), LIMIT));
    }

    @Test
    void executesCommandsWhileEventListenerBlocks() {
        CountDownLatch release = new CountDownLatch(1);
        serve(p -> {
            p.handshake();
            p.send("{\"event\": \"STOP\"}\n".repeat(10_000));
            p.answer(p.next(), "1");
            p.hang();
        });
        QmpClient client = track(QmpClient.connect(
                socket,
                LIMIT,
                threads,
                e -> {
                    events.add(e);
                    uninterruptibly(release);
                },
                closed::add));

        assertThat(client.execute("query-status", Map.of(), LIMIT).asInt()).isEqualTo(1);
        assertThat(events).hasSizeLessThanOrEqualTo(1);
        release.countDown();
        await().until(() -> events.size() == 10_000);
    }

    @Test
    void allowsEventListenerToExecuteCommands() throws Exception {
        CompletableFuture<QmpClient> self = new CompletableFuture<>();
        CompletableFuture<JsonNode> reply = new CompletableFuture<>();
        serve(p -> {
            p.handshake();
            p.send("{\"event\": \"STOP\"}\n");
            p.answer(p.next(), "2");
            p.hang();
        });
        self.complete(track(QmpClient.connect(
                socket, LIMIT, threads, e -> reply.complete(self.join().execute("x", Map.of(), LIMIT)), closed::add)));

        assertThat(reply.get(1, TimeUnit.MINUTES).asInt()).isEqualTo(2);
    }

    @Test
    void continuesAfterEventListenerThrewException() {
        serve(p -> {
            p.handshake();
            p.send("{\"event\": \"A\"}{\"event\": \"B\"}");
            p.hang();
        });
        track(QmpClient.connect(
                socket,
                LIMIT,
                threads,
                e -> {
                    events.add(e);
                    throw new IllegalStateException("from the test");
                },
                closed::add));

        await().until(() -> events.size() == 2);
    }

    @Test
    void continuesAfterEventListenerThrewError() {
        serve(p -> p.handshake().send("{\"event\": \"A\"}{\"event\": \"B\"}"));
        track(QmpClient.connect(
                socket,
                LIMIT,
                threads,
                e -> {
                    events.add(e);
                    throw new StackOverflowError("from the test");
                },
                closed::add));

        await().until(() -> events.size() == 2 && closed.size() == 1);
    }

    @Test
    void disconnectsIfListenerLeavesTooManyEventsQueued() {
        CountDownLatch release = new CountDownLatch(1);
        serve(p -> p.handshake().send("{\"event\": \"STOP\"}\n".repeat(EventDispatcher.MAX_QUEUED + 2)));
        QmpClient client = track(QmpClient.connect(socket, LIMIT, threads, e -> uninterruptibly(release), closed::add));

        await().until(() -> !client.isOpen());
        release.countDown();

        await().until(() -> closed.size() == 1);
        assertThat(closed.get(0)).hasMessageContaining("events are queued for the listener");
    }

    @Test
    void readsATenMegabyteReplyInOneLine() {
        String element = "{\"name\": \"n\", \"text\": \"" + "\u00e9x".repeat(40) + "\"}";
        int count = 10_000_000 / element.length();
        QmpClient client = connect(p -> {
            p.handshake();
            p.answer(p.next(), "[" + (element + ",").repeat(count) + element + "]");
            p.hang();
        });

        assertThat(client.execute("query-qmp-schema", Map.of(), LIMIT)).hasSize(count + 1);
    }

    @Test
    void readsATenMegabyteStringThatArrivesInSmallPieces() {
        QmpClient client = connect(p -> {
            p.handshake();
            JsonNode command = p.next();
            p.send("{\"return\": \"");
            String piece = "y".repeat(997);
            for (int i = 0; i < 10_000; i++) {
                p.send(piece);
            }
            p.send("\", \"id\": %s}\n".formatted(command.get("id")));
            p.hang();
        });

        assertThat(client.execute("big", Map.of(), LIMIT).asText()).hasSize(9_970_000);
    }

    @Test
    void serves100ThreadsAtOnce() throws Exception {
        QmpClient client = connect(p -> {
            p.handshake();
            while (true) {
                JsonNode command = p.next();
                p.answer(command, command.get("execute").toString());
            }
        });
        ExecutorService pool = Executors.newFixedThreadPool(100);
        try {
            List<Future<JsonNode>> replies = IntStream.range(0, 1000)
                    .mapToObj(i -> pool.submit(() -> client.execute("c" + i, Map.of(), LIMIT)))
                    .toList();
            for (int i = 0; i < replies.size(); i++) {
                assertThat(replies.get(i).get().asText()).isEqualTo("c" + i);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void survivesInterruptOfCaller() {
        CountDownLatch interrupted = new CountDownLatch(1);
        QmpClient client = connect(p -> {
            p.handshake();
            interrupted.await();
            while (true) {
                JsonNode command = p.next();
                p.answer(command, command.get("execute").toString());
            }
        });

        Thread.currentThread().interrupt();
        assertFails(ErrorCode.CANCELLED, () -> client.execute("first", Map.of(), LIMIT));
        assertThat(Thread.interrupted()).isTrue();
        interrupted.countDown();

        assertThat(client.execute("second", Map.of(), LIMIT).asText()).isEqualTo("second");
    }

    private void assertRejectsGreeting(String greeting, String message) {
        serve(p -> {
            p.send(greeting);
            p.hang();
        });

        assertFails(ErrorCode.QMP_PROTOCOL, () -> QmpClient.connect(socket, LIMIT, threads, events::add, closed::add))
                .hasMessageContaining(message);
        assertThat(closed).isEmpty();
    }

    /** The server replies to a command with the text and closes the connection. */
    private void assertDisconnects(String text, ErrorCode code) {
        QmpClient client = connect(p -> {
            p.handshake();
            p.next();
            p.send(text);
        });

        assertFails(code, () -> client.execute("query-status", Map.of(), LIMIT)).hasMessageContaining("query-status");
        assertFails(code, () -> client.execute("stop", Map.of(), LIMIT));
        await().until(() -> closed.size() == 1);
        assertThat(closed.get(0).code()).isEqualTo(code);
        assertThat(client.isOpen()).isFalse();
        await().until(() -> !threadExists("qmp-reader " + socket));
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertFails(
            ErrorCode code, ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private QmpClient connect(FakeQemu.Script script) {
        serve(script);
        return track(QmpClient.connect(socket, LIMIT, threads, events::add, closed::add));
    }

    private FakeQemu serve(FakeQemu.Script script) {
        return track(new FakeQemu(socket, script));
    }

    private <T extends AutoCloseable> T track(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private static <T> Future<T> async(java.util.concurrent.Callable<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(call.call());
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                },
                "later");
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private static void uninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean threadExists(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(t -> t.getName().equals(name));
    }
}

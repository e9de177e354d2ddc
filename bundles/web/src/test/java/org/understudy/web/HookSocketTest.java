// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.AuditEntry.Result;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.NicProvisioning;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.PassedVm;
import org.understudy.api.PoolName;
import org.understudy.api.Provisioned;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.FakeTime;
import org.understudy.web.HookRequestReader.Acceptor;
import org.understudy.web.HookRequestReader.Limits;

@Timeout(30)
class HookSocketTest {
    private static final HostName BETA = new HostName("beta");

    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

    private static final Backoff RETRY = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(4));
    private static final Limits LIMITS = new Limits(Duration.ofSeconds(2), 1000, RETRY);

    @TempDir
    Path folder;

    private final NicProvisioning provisioning = mock(NicProvisioning.class);
    private final AuditTrail audit = new AuditTrail();
    private final FakeTime time = new FakeTime();
    private Path path;
    private HookSocket socket;

    @BeforeEach
    void open() throws IOException {
        path = folder.resolve("run/hooks.sock");
        socket = open(LIMITS);
    }

    private HookSocket open(Limits limits) throws IOException {
        return open(limits, listener -> Optional.ofNullable(listener.accept()));
    }

    private HookSocket open(Limits limits, Acceptor acceptor) throws IOException {
        return new HookSocket(Exchange.VIEW, provisioning, audit, path, CALL_TIMEOUT, limits, acceptor, time);
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
    }

    private String ask(String line) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            channel.write(StandardCharsets.UTF_8.encode(line + "\n"));
            BufferedReader reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
            return reader.readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void recordsVmsThatAHookLetContinue() {
        List<AuditEntry> entries = new CopyOnWriteArrayList<>();
        audit.addLog(entries::add);

        String answer = ask(
                "{'occasion':'passed','host':'beta','passed':[{'vm':'web 1','at':'2026-11-01T10:15:00Z','reason':'no answer'}]}"
                        .replace('\'', '"'));

        assertThat(answer).isEqualTo("{}");
        verify(provisioning)
                .passed(
                        BETA,
                        List.of(new PassedVm(new VmName("web 1"), Instant.parse("2026-11-01T10:15:00Z"), "no answer")));
        assertThat(entries)
                .singleElement()
                .satisfies(entry -> assertThat(entry.message()).contains("web 1"));
        assertThat(ask("{'occasion':'passed','host':'beta','passed':[{'vm':'a','at':'now','reason':''}]}"
                        .replace('\'', '"')))
                .contains("'at' must be a time");
    }

    @Test
    void answersALineOfJsonWithTheDefinitionForTheHost() throws Exception {
        PairRequest request = new PairRequest(
                new NicSelector.ByIndex(0),
                Optional.of(new PoolName("fast")),
                Optional.empty(),
                Optional.empty(),
                Set.of());
        when(provisioning.arriving(BETA, "<dömain/>", List.of(request)))
                .thenReturn(new Provisioned("<domain><vf/></domain>", List.of()));

        String answer = ask(
                "{\"occasion\":\"arriving\",\"host\":\"beta\",\"definition\":\"<dömain/>\",\"nics\":[\"0\"],\"pool\":\"fast\"}");

        assertThat(answer).contains("definition=<domain><vf/></domain>");
    }

    @Test
    void recordsTheUserThatAHookRunsAs() throws Exception {
        List<AuditEntry> entries = new CopyOnWriteArrayList<>();
        audit.addLog(entries::add);
        when(provisioning.arriving(any(), any(), any())).thenReturn(new Provisioned("<domain/>", List.of()));

        ask("{\"occasion\":\"arriving\",\"host\":\"beta\",\"definition\":\"<domain><name>db1</name></domain>\"}");
        ask("nonsense");

        assertThat(entries).hasSize(2).allSatisfy(entry -> {
            assertThat(entry.user()).isEqualTo(System.getProperty("user.name"));
            assertThat(entry.face()).isEqualTo(Face.HOOK);
            assertThat(entry.action()).isEqualTo(Action.PROVISION);
        });
        assertThat(entries.get(0).object()).isEqualTo("db1");
        assertThat(entries.get(0).host()).hasValue(BETA);
        assertThat(entries.get(1).result()).isEqualTo(Result.REFUSED);
    }

    @Test
    void answersAnInvalidRequestWithAProblemAndContinues() throws Exception {
        when(provisioning.arriving(any(), any(), any()))
                .thenThrow(new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "no such host"));

        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        assertThat(ask("{\"occasion\":\"arriving\",\"host\":\"x\",\"definition\":\"<a/>\"}"))
                .contains("no such host");
    }

    @Test
    void isNotAccessibleToOtherUsers() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-rw----");
    }

    @Test
    void replacesTheSocketOfAKilledServerButNoOtherFile() throws Exception {
        socket.close();
        try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        socket = open(LIMITS);
        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        socket.close();
        assertThat(path).doesNotExist();

        Files.writeString(path, "another file");
        assertThatThrownBy(() -> open(LIMITS)).isInstanceOf(IOException.class);
        assertThat(path).hasContent("another file");
        Files.delete(path);
    }

    private List<SocketChannel> idleConnections(int number) throws IOException {
        List<SocketChannel> idle = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            idle.add(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        }
        return idle;
    }

    private static int read(SocketChannel connection) throws IOException {
        return connection.read(ByteBuffer.allocate(1));
    }

    private void close(List<SocketChannel> idle) throws IOException {
        for (SocketChannel connection : idle) {
            connection.close();
        }
    }

    @Test
    void answersWhileMoreConnectionsThanWorkersAreIdle() throws Exception {
        List<SocketChannel> idle = idleConnections(4 * HookSocket.WORKERS);

        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        close(idle);
    }

    /** @param connections number of connections to accept before */
    private void passRequestTimeout(int connections) {
        await().until(() -> time.timed() == connections);
        time.advance(LIMITS.requestTimeout());
    }

    @Test
    void closesIdleConnections() throws Exception {
        List<SocketChannel> idle = idleConnections(HookSocket.WORKERS + 1);
        passRequestTimeout(idle.size());

        for (SocketChannel connection : idle) {
            assertThat(read(connection)).isEqualTo(-1);
        }
        close(idle);
        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
    }

    @Test
    void closesAConnectionWithAnIncompleteRequest() throws Exception {
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            connection.write(StandardCharsets.UTF_8.encode("{\"occasion\":"));
            passRequestTimeout(1);

            assertThat(read(connection)).isEqualTo(-1);
        }
    }

    @Test
    void closesTheOldestOfTooManyIdleConnections() throws Exception {
        socket.close();
        socket = open(new Limits(Duration.ofMinutes(5), 3, RETRY));
        List<SocketChannel> idle = idleConnections(4);

        assertThat(read(idle.get(0))).isEqualTo(-1);
        idle.get(3).write(StandardCharsets.UTF_8.encode("nonsense\n"));
        assertThat(read(idle.get(3))).isEqualTo(1);
        close(idle);
    }

    @Test
    void acceptsAgainAfterTooManyOpenFiles() throws Exception {
        acceptsAgainAfter(() -> {
            throw new IOException("Too many open files");
        });
    }

    @Test
    void acceptsAgainAfterAnError() throws Exception {
        acceptsAgainAfter(() -> {
            throw new OutOfMemoryError("from the test");
        });
    }

    @FunctionalInterface
    private interface Failure {
        void happen() throws IOException;
    }

    /** Every attempt follows a pause. */
    private void acceptsAgainAfter(Failure failure) throws Exception {
        socket.close();
        AtomicInteger attempts = new AtomicInteger();
        socket = open(LIMITS, listener -> {
            if (attempts.incrementAndGet() < 4) {
                failure.happen();
            }
            return Optional.ofNullable(listener.accept());
        });
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> ask("nonsense"));

        for (int failures = 1; failures < 4; failures++) {
            int expected = failures;
            await().until(() -> attempts.get() == expected && time.timed() == 1);
            time.advance(RETRY.longest());
        }

        assertThat(answer).succeedsWithin(Duration.ofSeconds(20)).asString().contains("INVALID_ARGUMENT");
    }

    @Test
    void closesTheConnectionOfACallThatHangs() throws Exception {
        CountDownLatch called = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        when(provisioning.arriving(any(), any(), any())).thenAnswer(call -> {
            called.countDown();
            release.await();
            return new Provisioned("<domain/>", List.of());
        });
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            connection.write(StandardCharsets.UTF_8.encode(
                    "{\"occasion\":\"arriving\",\"host\":\"x\",\"definition\":\"<a/>\"}\n"));
            called.await();

            time.advance(CALL_TIMEOUT);

            assertThat(read(connection)).isEqualTo(-1);
        } finally {
            release.countDown();
        }
        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        await().untilAsserted(() -> assertThat(time.timed()).isZero());
    }

    @Test
    void answersAnErrorOfTheServerWithInternal() throws Exception {
        when(provisioning.arriving(any(), any(), any())).thenThrow(new StackOverflowError("from the test"));

        assertThat(ask("{\"occasion\":\"arriving\",\"host\":\"x\",\"definition\":\"<a/>\"}"))
                .contains("INTERNAL");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.BufferedReader;
import java.io.IOException;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.NicProvisioning;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.PoolName;
import org.understudy.api.Provisioned;
import org.understudy.api.UnderstudyException;
import org.understudy.web.QuestionReader.Acceptor;
import org.understudy.web.QuestionReader.Limits;

@Timeout(30)
class HookSocketTest {
    private static final HostName BETA = new HostName("beta");

    /** Longer than any test takes, so that no test is saved by it. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private static final Duration RETRY = Duration.ofMillis(1);
    private static final Limits PATIENT = new Limits(LIMIT, 1000, RETRY, RETRY);
    private static final Limits HASTY = new Limits(Duration.ofMillis(20), 1000, RETRY, RETRY);

    @TempDir
    Path folder;

    private final NicProvisioning provisioning = mock(NicProvisioning.class);
    private Path path;
    private HookSocket socket;

    @BeforeEach
    void open() throws IOException {
        path = folder.resolve("run/hooks.sock");
        socket = open(PATIENT);
    }

    private HookSocket open(Limits limits) throws IOException {
        return open(limits, listener -> Optional.ofNullable(listener.accept()));
    }

    private HookSocket open(Limits limits, Acceptor acceptor) throws IOException {
        return new HookSocket(Exchange.VIEW, provisioning, path, LIMIT, limits, acceptor);
    }

    @AfterEach
    void close() throws IOException {
        socket.close();
    }

    private String ask(String line) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            channel.write(StandardCharsets.UTF_8.encode(line + "\n"));
            BufferedReader reader = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
            return reader.readLine();
        }
    }

    @Test
    void answersALineOfJsonWithTheDefinitionForTheHost() throws Exception {
        PairRequest wish = new PairRequest(
                new NicSelector.ByIndex(0),
                Optional.of(new PoolName("fast")),
                Optional.empty(),
                Optional.empty(),
                Set.of());
        when(provisioning.arriving(BETA, "<dömain/>", List.of(wish)))
                .thenReturn(new Provisioned("<domain><vf/></domain>", List.of()));

        String answer = ask(
                "{\"occasion\":\"arriving\",\"host\":\"beta\",\"definition\":\"<dömain/>\",\"nics\":[\"0\"],\"pool\":\"fast\"}");

        assertThat(answer).contains("definition=<domain><vf/></domain>");
    }

    @Test
    void answersAProblemToWhatCannotBeAnsweredAndGoesOn() throws Exception {
        when(provisioning.arriving(any(), any(), any()))
                .thenThrow(new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "no such host"));

        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        assertThat(ask("{\"occasion\":\"arriving\",\"host\":\"x\",\"definition\":\"<a/>\"}"))
                .contains("no such host");
    }

    @Test
    void letsNobodyElseIn() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-rw----");
    }

    @Test
    void takesThePlaceOfASocketThatAKilledServerHasLeftButOfNothingElse() throws Exception {
        socket.close();
        try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(path));
        }
        assertThat(path).exists();
        socket = open(PATIENT);
        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        socket.close();
        assertThat(path).doesNotExist();

        Files.writeString(path, "somebody's letter");
        assertThatThrownBy(() -> open(PATIENT)).isInstanceOf(IOException.class);
        assertThat(path).hasContent("somebody's letter");
        Files.delete(path);
    }

    private List<SocketChannel> silentCalls(int number) throws IOException {
        List<SocketChannel> silent = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            silent.add(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        }
        return silent;
    }

    private static int read(SocketChannel call) throws IOException {
        return call.read(ByteBuffer.allocate(1));
    }

    private void close(List<SocketChannel> silent) throws IOException {
        for (SocketChannel call : silent) {
            call.close();
        }
    }

    @Test
    void answersWhileManyMoreThanThereAreWorkersSayNothing() throws Exception {
        List<SocketChannel> silent = silentCalls(4 * HookSocket.WORKERS);

        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        close(silent);
    }

    @Test
    void hangsUpOnThoseThatSayNothing() throws Exception {
        socket.close();
        socket = open(HASTY);
        List<SocketChannel> silent = silentCalls(HookSocket.WORKERS + 1);

        for (SocketChannel call : silent) {
            assertThat(read(call)).isEqualTo(-1);
        }
        close(silent);
        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
    }

    @Test
    void hangsUpOnOneThatDoesNotEndItsQuestion() throws Exception {
        socket.close();
        socket = open(HASTY);
        try (SocketChannel call = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            call.write(StandardCharsets.UTF_8.encode("{\"occasion\":"));

            assertThat(read(call)).isEqualTo(-1);
        }
    }

    @Test
    void hangsUpOnTheOldestOfTooManyThatSayNothing() throws Exception {
        socket.close();
        socket = open(new Limits(LIMIT, 3, RETRY, RETRY));
        List<SocketChannel> silent = silentCalls(4);

        assertThat(read(silent.get(0))).isEqualTo(-1);
        silent.get(3).write(StandardCharsets.UTF_8.encode("nonsense\n"));
        assertThat(read(silent.get(3))).isEqualTo(1);
        close(silent);
    }

    @Test
    void acceptsAgainAfterTheServerRanOutOfFiles() throws Exception {
        socket.close();
        AtomicInteger attempts = new AtomicInteger();
        socket = open(PATIENT, listener -> {
            if (attempts.incrementAndGet() < 4) {
                throw new IOException("Too many open files");
            }
            return Optional.ofNullable(listener.accept());
        });

        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        assertThat(attempts).hasValueGreaterThanOrEqualTo(4);
    }

    @Test
    void acceptsAgainAfterADefect() throws Exception {
        socket.close();
        AtomicInteger attempts = new AtomicInteger();
        socket = open(PATIENT, listener -> {
            if (attempts.incrementAndGet() == 1) {
                throw new OutOfMemoryError("from the test");
            }
            return Optional.ofNullable(listener.accept());
        });

        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
    }

    @Test
    void answersThatItsOwnDefectWasInTheWay() throws Exception {
        when(provisioning.arriving(any(), any(), any())).thenThrow(new StackOverflowError("from the test"));

        assertThat(ask("{\"occasion\":\"arriving\",\"host\":\"x\",\"definition\":\"<a/>\"}"))
                .contains("INTERNAL");
    }
}

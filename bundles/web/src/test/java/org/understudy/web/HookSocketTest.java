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

@Timeout(30)
class HookSocketTest {
    private static final HostName BETA = new HostName("beta");

    /** Longer than any test takes, so that no test is saved by it. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    private final NicProvisioning provisioning = mock(NicProvisioning.class);
    private Path path;
    private HookSocket socket;

    @BeforeEach
    void open() throws IOException {
        path = folder.resolve("run/hooks.sock");
        socket = new HookSocket(Exchange.VIEW, provisioning, path, LIMIT);
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
        socket = new HookSocket(Exchange.VIEW, provisioning, path, LIMIT);
        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        socket.close();
        assertThat(path).doesNotExist();

        Files.writeString(path, "somebody's letter");
        assertThatThrownBy(() -> new HookSocket(Exchange.VIEW, provisioning, path, LIMIT))
                .isInstanceOf(IOException.class);
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

    @Test
    void answersWhileOthersSayNothing() throws Exception {
        List<SocketChannel> silent = silentCalls(5);

        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
        for (SocketChannel call : silent) {
            call.close();
        }
    }

    @Test
    void hangsUpOnThoseThatSayNothingThoughTheyKeepEveryWorkerBusy() throws Exception {
        socket.close();
        socket = new HookSocket(Exchange.VIEW, provisioning, path, Duration.ofMillis(300));
        List<SocketChannel> silent = silentCalls(HookSocket.WORKERS + 1);

        for (SocketChannel call : silent) {
            assertThat(read(call)).isEqualTo(-1);
            call.close();
        }
        assertThat(ask("nonsense")).contains("INVALID_ARGUMENT");
    }
}

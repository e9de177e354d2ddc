// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.shell.ProcessShellFactory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.hostnic.run.Runner.Output;

class SshRunnerTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static KeyPair hostKey;
    private static KeyPair userKey;

    @TempDir
    Path folder;

    private final SshServer server = SshServer.setUpDefaultServer();
    private SshRunner runner;

    @BeforeAll
    static void makeKeys() throws GeneralSecurityException {
        hostKey = KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256);
        userKey = KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256);
    }

    @BeforeEach
    void startServer() throws IOException, GeneralSecurityException {
        server.setHost("127.0.0.1");
        server.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        server.setPublickeyAuthenticator(
                (user, key, session) -> user.equals("understudy") && KeyUtils.compareKeys(key, userKey.getPublic()));
        // As in OpenSSH, the user's shell receives the command as one string.
        server.setCommandFactory(
                (channel, command) -> new ProcessShellFactory(command, "/bin/sh", "-c", command).createShell(channel));
        server.start();
        runner = runner(userKey, hostKey.getPublic());
    }

    @AfterEach
    void stop() throws IOException {
        runner.close();
        server.stop(true);
    }

    private SshRunner runner(KeyPair user, PublicKey host) throws IOException, GeneralSecurityException {
        return runner(user, host, server.getPort());
    }

    private SshRunner runner(KeyPair user, PublicKey host, int port) throws IOException, GeneralSecurityException {
        Path key = folder.resolve("key");
        try (OutputStream out = Files.newOutputStream(key)) {
            OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(user, "test", null, out);
        }
        Path known = folder.resolve("known_hosts");
        String line = "[127.0.0.1]:" + port + " " + PublicKeyEntry.toString(host) + "\n";
        Files.writeString(known, line);
        return new SshRunner(
                new SshRunner.Target("127.0.0.1", port, "understudy", key, known), List.of("/bin/sh", "-c"));
    }

    @Test
    void returnsOutputAndStatus() {
        assertThat(runner.run(List.of("echo out; echo err >&2; exit 7"), LIMIT))
                .isEqualTo(new Output(7, "out\n", "err\n"));
    }

    @Test
    void passesEveryArgumentUnchanged() {
        String special = "it's \"$HOME\" `id` ; \\ *";

        Output output = runner.run(List.of("printf %s \"$1\"", "sh", special), LIMIT);

        assertThat(output.out()).isEqualTo(special);
    }

    @Test
    void usesOneConnectionForManyCalls() {
        for (int i = 0; i < 5; i++) {
            assertThat(runner.run(List.of("exit 0"), LIMIT).status()).isZero();
        }

        assertThat(server.getActiveSessions()).hasSize(1);
    }

    @Test
    void reconnectsAfterTheConnectionWasLost() {
        runner.run(List.of("exit 0"), LIMIT);
        server.getActiveSessions().forEach(session -> session.close(true));

        await().ignoreExceptions()
                .until(() -> runner.run(List.of("exit 0"), LIMIT).status() == 0);
    }

    @Test
    void rejectsAHostWithAnotherKey() throws Exception {
        try (SshRunner strict = runner(userKey, userKey.getPublic())) {
            assertCode(ErrorCode.HOST_UNAVAILABLE, () -> strict.run(List.of("exit 0"), LIMIT));
        }
    }

    @Test
    void rejectsAnUnknownHost() throws Exception {
        try (SshRunner strict = runner(userKey, hostKey.getPublic())) {
            Files.writeString(folder.resolve("known_hosts"), "");
            assertCode(ErrorCode.HOST_UNAVAILABLE, () -> strict.run(List.of("exit 0"), LIMIT));
        }
    }

    @Test
    void reportsARejectedKey() throws Exception {
        try (SshRunner rejected = runner(hostKey, hostKey.getPublic())) {
            assertCode(ErrorCode.HOST_UNAVAILABLE, () -> rejected.run(List.of("exit 0"), LIMIT));
        }
    }

    @Test
    void endsTheWaitAtTheLimit() {
        assertCode(ErrorCode.DEADLINE_EXCEEDED, () -> runner.run(List.of("sleep 60"), Duration.ofMillis(300)));
    }

    @Test
    void deliversLinesAsTheyComeAndTheEnd() {
        List<String> lines = new CopyOnWriteArrayList<>();
        List<String> ends = new CopyOnWriteArrayList<>();

        runner.follow(List.of("echo a; echo b"), lines::add, ends::add);

        await().untilAsserted(() -> assertThat(ends).hasSize(1));
        assertThat(lines).containsExactly("a", "b");
    }

    @Test
    void reportsNothingAfterTheSubscriptionIsClosed() {
        List<String> lines = new CopyOnWriteArrayList<>();
        List<String> ends = new CopyOnWriteArrayList<>();
        Subscription following = runner.follow(List.of("echo a; sleep 60"), lines::add, ends::add);
        await().until(() -> lines.size() == 1);

        following.close();
        runner.run(List.of("exit 0"), LIMIT);

        assertThat(ends).isEmpty();
    }

    @Test
    void reportsALostConnectionWhileFollowing() {
        List<String> ends = new CopyOnWriteArrayList<>();
        List<String> lines = new CopyOnWriteArrayList<>();
        runner.follow(List.of("echo a; sleep 60"), lines::add, ends::add);
        await().until(() -> lines.size() == 1);

        server.getActiveSessions().forEach(session -> session.close(true));

        await().untilAsserted(() -> assertThat(ends).hasSize(1));
    }

    @Test
    void terminatesAProgramThatExceedsTheOutputLimitAndStaysUsable() {
        assertThatThrownBy(() -> runner.run(List.of("head -c 17000000 /dev/zero; sleep 60"), LIMIT))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED))
                .hasMessageContaining("/bin/sh -c on ssh understudy@127.0.0.1")
                .hasMessageContaining("16 MiB");

        assertThat(runner.run(List.of("exit 3"), LIMIT).status()).isEqualTo(3);
    }

    @Test
    void terminatesAFollowedProgramThatExceedsTheLineLimit() {
        List<String> ends = new CopyOnWriteArrayList<>();

        runner.follow(List.of("head -c 2000000 /dev/zero; sleep 60"), line -> {}, ends::add);

        await().untilAsserted(() -> assertThat(ends).hasSize(1));
        assertThat(ends.get(0)).contains("ssh understudy@127.0.0.1").contains("1 MiB");
    }

    /** The host accepts connections, but its ssh server does not answer. */
    @Test
    void closesWhileAConnectAttemptHangs() throws Exception {
        try (ServerSocket hung = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            SshRunner waiting = runner(userKey, hostKey.getPublic(), hung.getLocalPort());
            CompletableFuture<Output> first = async(() -> waiting.run(List.of("exit 0"), LIMIT));
            CompletableFuture<Output> second = async(() -> waiting.run(List.of("exit 0"), LIMIT));
            hung.accept();

            assertThat(async(() -> {
                        waiting.close();
                        return true;
                    }))
                    .succeedsWithin(Duration.ofSeconds(5));
            assertThat(List.of(first, second))
                    .allSatisfy(run -> assertThat(run)
                            .failsWithin(Duration.ofSeconds(5))
                            .withThrowableThat()
                            .withCauseInstanceOf(UnderstudyException.class));
        }
    }

    private static <T> CompletableFuture<T> async(Supplier<T> call) {
        return CompletableFuture.supplyAsync(call, task -> new Thread(task).start());
    }

    private static void assertCode(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}

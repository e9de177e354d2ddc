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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.cipher.BuiltinCiphers;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.server.ServerBuilder;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.shell.ProcessShellFactory;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.hostnic.run.Runner.Output;

class SshRunnerTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final SshConnector CONNECTOR = new SshConnector(SystemScheduler.process());
    private static final SshServer SERVER = SshServer.setUpDefaultServer();

    @TempDir
    static Path folder;

    private static KeyPair hostKey;
    private static KeyPair userKey;
    /** Shared by the tests that leave its connection open. */
    private static SshRunner runner;

    @BeforeAll
    static void startServer() throws IOException, GeneralSecurityException {
        hostKey = KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256);
        userKey = KeyUtils.generateKeyPair(KeyPairProvider.SSH_ED25519, 256);
        SERVER.setHost("127.0.0.1");
        SERVER.setKeyPairProvider(KeyPairProvider.wrap(hostKey));
        SERVER.setPublickeyAuthenticator(
                (user, key, session) -> user.equals("understudy") && KeyUtils.compareKeys(key, userKey.getPublic()));
        // As in OpenSSH, the user's shell receives the command as one string.
        SERVER.setCommandFactory(
                (channel, command) -> new ProcessShellFactory(command, "/bin/sh", "-c", command).createShell(channel));
        // The fastest ones; which are used does not matter here.
        SERVER.setKeyExchangeFactories(NamedFactory.setUpTransformedFactories(
                false, List.of(BuiltinDHFactories.curve25519), ServerBuilder.DH2KEX));
        SERVER.setCipherFactories(List.of(BuiltinCiphers.aes128ctr));
        SERVER.start();
        runner = runner(userKey);
    }

    @AfterAll
    static void stop() throws IOException {
        runner.close();
        CONNECTOR.close();
        SERVER.stop(true);
    }

    private static SshRunner runner(KeyPair user) throws IOException, GeneralSecurityException {
        return runner(user, SERVER.getPort(), knownHost(hostKey.getPublic(), SERVER.getPort()));
    }

    private static String knownHost(PublicKey host, int port) {
        return "[127.0.0.1]:" + port + " " + PublicKeyEntry.toString(host) + "\n";
    }

    private static SshRunner runner(KeyPair user, int port, String knownHosts)
            throws IOException, GeneralSecurityException {
        Path own = Files.createTempDirectory(folder, "runner");
        Path key = own.resolve("key");
        try (OutputStream out = Files.newOutputStream(key)) {
            OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(user, "test", null, out);
        }
        Path known = Files.writeString(own.resolve("known_hosts"), knownHosts);
        return new SshRunner(
                CONNECTOR, new SshTarget("127.0.0.1", port, "understudy", key, known), List.of("/bin/sh", "-c"));
    }

    /** Connects a runner and returns the server's side of its connection. */
    private static Session connect(SshRunner own) {
        List<AbstractSession> others = SERVER.getActiveSessions();
        own.run(List.of("exit 0"), LIMIT);
        List<AbstractSession> opened = new ArrayList<>(SERVER.getActiveSessions());
        opened.removeAll(others);
        assertThat(opened).hasSize(1);
        return opened.get(0);
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
    void usesOneConnectionForManyCalls() throws Exception {
        try (SshRunner own = runner(userKey)) {
            Session first = connect(own);
            List<AbstractSession> before = SERVER.getActiveSessions();
            for (int i = 0; i < 4; i++) {
                assertThat(own.run(List.of("exit 0"), LIMIT).status()).isZero();
            }

            assertThat(first.isOpen()).isTrue();
            assertThat(before).containsAll(SERVER.getActiveSessions());
        }
    }

    @Test
    void reconnectsAfterTheConnectionWasLost() throws Exception {
        try (SshRunner own = runner(userKey)) {
            connect(own).close(true);

            await().ignoreExceptions()
                    .until(() -> own.run(List.of("exit 0"), LIMIT).status() == 0);
        }
    }

    @Test
    void rejectsAHostWithAnotherKey() throws Exception {
        int port = SERVER.getPort();
        try (SshRunner strict = runner(userKey, port, knownHost(userKey.getPublic(), port))) {
            assertCode(ErrorCode.HOST_UNAVAILABLE, () -> strict.run(List.of("exit 0"), LIMIT));
        }
    }

    @Test
    void rejectsAnUnknownHost() throws Exception {
        try (SshRunner strict = runner(userKey, SERVER.getPort(), "")) {
            assertCode(ErrorCode.HOST_UNAVAILABLE, () -> strict.run(List.of("exit 0"), LIMIT));
        }
    }

    @Test
    void reportsARejectedKey() throws Exception {
        try (SshRunner rejected = runner(hostKey)) {
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
    void reportsALostConnectionWhileFollowing() throws Exception {
        List<String> ends = new CopyOnWriteArrayList<>();
        List<String> lines = new CopyOnWriteArrayList<>();
        try (SshRunner own = runner(userKey)) {
            Session connection = connect(own);
            own.follow(List.of("echo a; sleep 60"), lines::add, ends::add);
            await().until(() -> lines.size() == 1);

            connection.close(true);

            await().untilAsserted(() -> assertThat(ends).hasSize(1));
        }
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
            SshRunner waiting =
                    runner(userKey, hung.getLocalPort(), knownHost(hostKey.getPublic(), hung.getLocalPort()));
            CompletableFuture<Output> first = async(() -> waiting.run(List.of("exit 0"), LIMIT));
            CompletableFuture<Output> second = async(() -> waiting.run(List.of("exit 0"), LIMIT));
            hung.accept();

            assertThat(async(() -> {
                        waiting.close();
                        return true;
                    }))
                    .succeedsWithin(LIMIT.dividedBy(2));
            assertThat(List.of(first, second))
                    .allSatisfy(run -> assertThat(run)
                            .failsWithin(LIMIT.dividedBy(2))
                            .withThrowableThat()
                            .withCauseInstanceOf(UnderstudyException.class));
        }
    }

    @Test
    void closesItsConnectionAndRefusesFurtherCalls() throws Exception {
        SshRunner own = runner(userKey);
        Session connection = connect(own);

        own.close();

        await().until(() -> !SERVER.getActiveSessions().contains(connection));
        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> own.run(List.of("exit 0"), LIMIT));
        assertThat(runner.run(List.of("exit 0"), LIMIT).status()).isZero();
    }

    @Test
    void connectsToManyHostsOnTheSameThreads() throws Exception {
        runner.run(List.of("exit 0"), LIMIT);
        long before = sshThreads();
        List<SshRunner> many = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            SshRunner own = runner(userKey);
            many.add(own);
            connect(own);
        }

        assertThat(sshThreads())
                .isLessThanOrEqualTo(Math.max(before, 2 + Runtime.getRuntime().availableProcessors()));
        many.forEach(SshRunner::close);
    }

    private static long sshThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("understudy-nics-ssh|sshd-SshClient.*"))
                .count();
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

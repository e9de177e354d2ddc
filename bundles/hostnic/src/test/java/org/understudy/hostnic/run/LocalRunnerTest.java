// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.hostnic.run.Runner.Output;

class LocalRunnerTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final ExecutorService READERS = SystemScheduler.process().pool("readers-test");
    private final LocalRunner shell = new LocalRunner(List.of("/bin/sh", "-c"), READERS);

    @Test
    void returnsOutputAndStatus() {
        assertThat(shell.run(List.of("echo out; echo err >&2; exit 4"), LIMIT))
                .isEqualTo(new Output(4, "out\n", "err\n"));
    }

    @Test
    void readsMoreThanAPipeHolds() {
        assertThat(shell.run(List.of("yes line | head -n 100000; yes err | head -n 100000 >&2"), LIMIT)
                        .out())
                .hasLineCount(100_000);
    }

    @Test
    void hasEmptyStandardInput() {
        assertThat(shell.run(List.of("cat; echo end"), LIMIT).out()).isEqualTo("end\n");
    }

    @Test
    void terminatesAProgramAtTheLimit() {
        assertCode(ErrorCode.DEADLINE_EXCEEDED, () -> shell.run(List.of("exec sleep 60"), Duration.ofMillis(200)));
    }

    @Test
    @Timeout(20)
    void endsTheWaitAtTheLimitIfAChildKeepsTheOutputOpen() {
        // The output is read when the program ends: java.lang.Process closes one that is not.
        String program = "sleep 30 & yes line | head -n 100000; exec sleep 0.1";

        assertCode(ErrorCode.DEADLINE_EXCEEDED, () -> shell.run(List.of(program), Duration.ofMillis(500)));
    }

    @Test
    void reportsAMissingProgram() {
        LocalRunner absent = new LocalRunner(List.of("/no/such/understudy-vf"), READERS);

        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> absent.run(List.of(), LIMIT));
        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> absent.follow(List.of(), line -> {}, end -> {}));
    }

    @Test
    void failsAndTerminatesTheProgramIfNoThreadIsAvailable() {
        LocalRunner full = new LocalRunner(List.of("/bin/sh", "-c"), task -> {
            throw new RejectedExecutionException("full");
        });

        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> full.run(List.of("exec sleep 61.5"), LIMIT));
        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> full.follow(List.of("exec sleep 61.5"), line -> {}, end -> {}));

        await().until(() -> ProcessHandle.current()
                .children()
                .noneMatch(child -> child.info().commandLine().orElse("").contains("61.5")));
    }

    @Test
    void deliversLinesAsTheyComeAndTheEnd() {
        List<String> lines = new CopyOnWriteArrayList<>();
        List<String> ends = new CopyOnWriteArrayList<>();

        shell.follow(List.of("echo a; echo b; exit 3"), lines::add, ends::add);

        await().untilAsserted(() -> assertThat(ends).hasSize(1));
        assertThat(ends.get(0)).contains("status 3");
        assertThat(lines).containsExactly("a", "b");
    }

    @Test
    void terminatesTheProgramWhenTheSubscriptionIsClosed() {
        List<String> lines = new CopyOnWriteArrayList<>();
        List<String> ends = new CopyOnWriteArrayList<>();
        Subscription following = shell.follow(List.of("echo $$; exec sleep 60"), lines::add, ends::add);
        await().until(() -> lines.size() == 1);
        ProcessHandle program = ProcessHandle.of(Long.parseLong(lines.get(0))).orElseThrow();

        following.close();

        await().until(() -> !program.isAlive());
        assertThat(ends).isEmpty();
    }

    @Test
    void terminatesAProgramThatExceedsTheOutputLimit() {
        assertThatThrownBy(() -> shell.run(List.of("cat /dev/zero"), LIMIT))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED))
                .hasMessageContaining("-c on this machine")
                .hasMessageContaining("16 MiB");
    }

    @Test
    void terminatesAFollowedProgramThatExceedsTheLineLimit() {
        List<String> ends = new CopyOnWriteArrayList<>();

        shell.follow(List.of("cat /dev/zero"), line -> {}, ends::add);

        await().untilAsserted(() -> assertThat(ends).hasSize(1));
        assertThat(ends.get(0)).contains("1 MiB");
    }

    @Test
    void reportsTheEndIfTheListenerFails() {
        List<String> ends = new CopyOnWriteArrayList<>();

        shell.follow(
                List.of("echo a; exec sleep 60"),
                line -> {
                    throw new StackOverflowError("from the test");
                },
                ends::add);

        await().untilAsserted(() -> assertThat(ends).hasSize(1));
    }

    @Test
    void ignoresStandardErrorOfAFollowedProgram() {
        List<String> lines = new CopyOnWriteArrayList<>();

        shell.follow(List.of("yes err | head -n 100000 >&2; echo done"), lines::add, end -> {});

        await().untilAsserted(() -> assertThat(lines).containsExactly("done"));
    }

    private static void assertCode(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}

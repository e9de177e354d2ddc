// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.understudy.core.migration.MigrationBench.B;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.soon;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.core.testing.FakeHost.Fault;

/** An edit of the configuration closes no host of a migration. */
class HeldHostsTest {
    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void migrationHoldsBothHostsUntilItHasEnded() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);

        assertThat(bench.held)
                .containsExactlyInAnyOrder("a: migration " + running.id(), "b: migration " + running.id());

        bench.await(running);
        soon().until(bench.held::isEmpty);
    }

    @Test
    void migrationThatCannotStartHoldsNothing() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);

        assertThatThrownBy(() -> bench.service().start(VM, B, MigrationOptions.defaults()))
                .isInstanceOf(UnderstudyException.class);

        assertThat(bench.held).hasSize(2).allMatch(h -> h.endsWith("" + running.id()));
    }

    @Test
    void recoveryHoldsBothHostsOnceTheyAnswer() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.service().close();
        soon().until(bench.held::isEmpty);
        bench.b.with(Fault.AWAY);

        bench.restart();
        soon().until(() -> bench.service().show(running.id()).findings().stream()
                .anyMatch(f -> f.code() == FindingCode.HOST_UNAVAILABLE));
        assertThat(bench.held).as("an edit may correct the address of host b").isEmpty();
        bench.b.without(Fault.AWAY);

        bench.time.flow();
        soon().until(() ->
                bench.held.size() == 2 || !bench.service().show(running.id()).isRunning());
        bench.await(running);
        soon().until(bench.held::isEmpty);
    }

    @Test
    void recoveryThatEndsByRequestWhileItHoldsItsHostsReleasesThem() {
        bench.a.with(Fault.STUCK_IN_COPY);
        Migration running = bench.startAndReach(MigrationStep.COPY);
        bench.service().close();
        soon().until(bench.held::isEmpty);
        bench.b.with(Fault.AWAY);
        bench.restart();
        soon().until(() -> bench.service().show(running.id()).findings().stream()
                .anyMatch(f -> f.code() == FindingCode.HOST_UNAVAILABLE));
        bench.onHold = host -> bench.service().cancel(running.id());
        bench.b.without(Fault.AWAY);

        bench.time.flow();
        Migration ended = bench.await(running);

        assertThat(ended.findings())
                .anyMatch(f -> f.message().contains("Recovery ended by request"))
                .noneMatch(f -> f.code() == FindingCode.HOST_UNAVAILABLE);
        soon().until(bench.held::isEmpty);
    }

    @Test
    void noMigrationStartsWhileNewOptionsOfAHostWait() {
        Finding waits =
                Finding.of(FindingCode.CONFIGURATION_PENDING, "host b", "Host b: new options apply after m-1", "Wait.");
        bench.pendingChange = Optional.of(waits);

        assertThatThrownBy(() -> bench.service().start(VM, B, MigrationOptions.defaults()))
                .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.REFUSED_BY_FINDINGS);
                    assertThat(e.findings()).contains(waits.as(Severity.ERROR));
                })
                .hasMessageContaining("Host b: new options apply after m-1");
        assertThat(bench.service().preflight(VM, new HostName("b"), MigrationOptions.defaults()))
                .contains(waits.as(Severity.ERROR));
        assertThat(bench.held).isEmpty();
    }
}

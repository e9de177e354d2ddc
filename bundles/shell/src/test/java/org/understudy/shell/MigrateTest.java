// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Migrations;
import org.understudy.api.Outcome;
import org.understudy.api.ProbeTarget;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;

class MigrateTest {
    private final Terminal terminal = new Terminal();
    private final Migrations migrations = mock(Migrations.class);
    private final Subscription subscription = mock(Subscription.class);
    private final Migrate migrate = terminal.ready(new Migrate());

    @BeforeEach
    void prepare() {
        migrate.migrations = migrations;
        migrate.vm = "web1";
        migrate.host = "beta";
    }

    /** The service publishes these updates as soon as a listener registers. */
    private void notifyListeners(Migration... updates) {
        when(migrations.listen(any())).thenAnswer(call -> {
            Consumer<Migration> listener = call.getArgument(0);
            List.of(updates).forEach(listener);
            return subscription;
        });
        when(migrations.start(any(), any(), any())).thenReturn(Samples.migration("m-1", 0));
    }

    @Test
    void printsEachStepAsItHappensAndTheFiguresAtTheEnd() {
        notifyListeners(Samples.migration("m-1", 3), Samples.migration("m-1", 5), Samples.migration("m-1", 7));

        assertThat(migrate.execute()).isNull();

        assertThat(terminal.text().lines().filter(line -> line.matches("  \\d .*")))
                .containsExactly(
                        "  1 Preflight                ...",
                        "  1 Preflight                done     0 ms",
                        "  2 Lease VF on destination  done     1 ms",
                        "  3 Traffic to standby       done     2 ms",
                        "  4 Copy memory              ...",
                        "  4 Copy memory              done     3 ms",
                        "  5 Switch host              done     4 ms",
                        "  6 Traffic to VF            ...",
                        "  6 Traffic to VF            done     5 ms",
                        "  7 Release VF on source     done     6 ms");
        assertThat(terminal.text())
                .contains("100 % of memory copied", "Outcome      completed", "Downtime     51 ms")
                .contains("Network gap  not measured: no probe");
        verify(subscription).close();
    }

    @Test
    void ignoresUpdatesOfOtherMigrationsAndOldRevisions() {
        notifyListeners(Samples.migration("m-2", 7), Samples.migration("m-1", 0), Samples.migration("m-1", 7));

        assertThat(migrate.execute()).isNull();

        assertThat(terminal.text().lines().filter(line -> line.contains("Preflight")))
                .hasSize(2);
    }

    @Test
    void readsTheMigrationIfAnUpdateIsLost() {
        notifyListeners();
        when(migrations.show(any())).thenReturn(Samples.migration("m-1", 7));

        assertThat(migrate.execute()).isNull();
    }

    @Test
    void exitsWithTheStatusOfTheOutcome() {
        notifyListeners(Samples.ended(Samples.migration("m-1", 6), Outcome.COMPLETED_DEGRADED));

        assertThat(migrate.execute()).isEqualTo(10);
        assertThat(terminal.text()).contains("completed-degraded");
    }

    @Test
    void printsNothingButOneDocumentWithJson() {
        notifyListeners(Samples.migration("m-1", 7));
        migrate.json = true;

        assertThat(migrate.execute()).isNull();

        assertThat(terminal.text().lines()).hasSize(1).first().asString().startsWith("JSON Migration[id=m-1");
    }

    @Test
    void returnsTheIdAtOnceWhenDetached() {
        notifyListeners();
        migrate.detach = true;

        assertThat(migrate.execute()).isNull();
        assertThat(terminal.text()).isEqualToIgnoringNewLines("m-1");
    }

    @Test
    void passesEveryOptionOn() {
        notifyListeners(Samples.migration("m-1", 7));
        migrate.bandwidth = "2M";
        migrate.downtimeLimit = "300ms";
        migrate.autoConverge = true;
        migrate.multifd = 4;
        migrate.tls = true;
        migrate.requireVf = true;
        migrate.strategy = "explicit";
        migrate.probe = "icmp:127.0.0.1";

        migrate.execute();

        verify(migrations)
                .start(
                        new VmName("web1"),
                        new HostName("beta"),
                        new MigrationOptions(
                                OptionalLong.of(2 << 20),
                                Optional.of(Duration.ofMillis(300)),
                                true,
                                OptionalInt.of(4),
                                false,
                                true,
                                Optional.of(true),
                                Optional.of(MigrationStrategy.EXPLICIT),
                                Optional.of(ProbeTarget.parse("icmp:127.0.0.1"))));
    }
}

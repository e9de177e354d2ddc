// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Migrations;
import org.understudy.api.Outcome;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;

class MigrationServletTest {
    private static final HostName BETA = new HostName("beta");
    private static final Migration MIGRATION = Things.migration("m-1", 1, 1, Optional.empty());

    private final Migrations migrations = mock(Migrations.class);
    private final MigrationServlet servlet = new MigrationServlet(value -> "{}", migrations, Exchange.events());

    @BeforeEach
    void startMigrations() {
        when(migrations.start(any(), any(), any())).thenReturn(MIGRATION);
        when(migrations.show(MIGRATION.id())).thenReturn(MIGRATION);
    }

    private Exchange ask(String method, String path, String content) throws Exception {
        return new Exchange(method, path, content).through(servlet);
    }

    @Test
    void startsAMigrationWithQemusDefaults() throws Exception {
        assertThat(ask("POST", "", "{\"vm\":\"web1\",\"destination\":\"beta\"}").status)
                .isEqualTo(201);
        verify(migrations).start(new VmName("web1"), new HostName("beta"), MigrationOptions.defaults());
    }

    @Test
    void migratesAVmOfAnyNameOfAHost() throws Exception {
        ask("POST", "", "{\"vm\":\"alpha/web server: \uD83D\uDE00\",\"destination\":\"beta\"}");

        verify(migrations)
                .start(
                        new VmOnHost(new HostName("alpha"), "web server: \uD83D\uDE00"),
                        new HostName("beta"),
                        MigrationOptions.defaults());
    }

    @Test
    void passesEveryOptionOn() throws Exception {
        ask("POST", "", """
                {"vm": "web1", "destination": "beta", "bandwidthBytesPerSecond": 1000, "downtimeLimitMs": 300, "autoConverge": true,
                 "multifdChannels": 4, "postcopy": true, "tls": true, "requireVf": false,
                 "strategy": "explicit", "probe": "icmp:127.0.0.1"}
                """);

        verify(migrations)
                .start(
                        new VmName("web1"),
                        new HostName("beta"),
                        new MigrationOptions(
                                OptionalLong.of(1000),
                                Optional.of(Duration.ofMillis(300)),
                                true,
                                OptionalInt.of(4),
                                true,
                                true,
                                Optional.of(false),
                                Optional.of(MigrationStrategy.EXPLICIT),
                                Optional.of(ProbeTarget.parse("icmp:127.0.0.1"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"vm\":\"web1\"}|'destination' is missing",
                "{\"vm\":\"web1\",\"destination\":\"a b\"}|Host name 'a b'",
                "{\"vm\":\"web1\",\"destination\":\"beta\",\"bandwidth\":-1}|a positive integer",
                "{\"vm\":\"web1\",\"destination\":\"beta\",\"tls\":\"yes\"}|true or false"
            })
    void reportsAnInvalidRequest(String body, String message) throws Exception {
        Exchange asked = new Exchange("POST", "", body)
                .through(new MigrationServlet(Exchange.VIEW, migrations, Exchange.events()));

        assertThat(asked.status).isEqualTo(400);
        assertThat(asked.body()).contains(message);
    }

    @Test
    void cancelsByDelete() throws Exception {
        assertThat(ask("DELETE", "/m-1", "").status).isEqualTo(202);
        verify(migrations).cancel(new MigrationId("m-1"));
    }

    @Test
    void namesTheAddressOfANewMigration() throws Exception {
        assertThat(ask("POST", "", "{\"vm\":\"web1\",\"destination\":\"beta\"}").headers)
                .containsEntry("Location", "/understudy/api/v1/migrations/m-1");
    }

    @Test
    void refusesAtOnceWhatThePreflightRefuses() throws Exception {
        Finding why = Finding.of(FindingCode.SAME_HOST, "vm web1", "VM web1 is on host beta", "Name another host.");
        when(migrations.preflight(new VmName("web1"), BETA, MigrationOptions.defaults()))
                .thenReturn(List.of(why));

        Exchange asked = new Exchange("POST", "", "{\"vm\":\"web1\",\"destination\":\"beta\"}")
                .through(new MigrationServlet(Exchange.VIEW, migrations, Exchange.events()));

        assertThat(asked.status).isEqualTo(422);
        assertThat(asked.body()).contains("VM web1 is on host beta");
        verify(migrations, never()).start(any(), any(), any());
    }

    @Test
    void startsNothingInADryRun() throws Exception {
        assertThat(ask("POST", "?dry-run", "{\"vm\":\"web1\",\"destination\":\"beta\"}").status)
                .isEqualTo(200);

        verify(migrations).preflight(new VmName("web1"), BETA, MigrationOptions.defaults());
        verify(migrations, never()).start(any(), any(), any());
    }

    @Test
    void leavesTheRefusalToTheMigrationThatHasTheVm() throws Exception {
        when(migrations.list()).thenReturn(List.of(MIGRATION));
        when(migrations.start(any(), any(), any()))
                .thenThrow(new UnderstudyException(ErrorCode.MIGRATION_IN_PROGRESS, "Migration m-1 has VM web1"));

        assertThat(ask("POST", "", "{\"vm\":\"alpha/web1\",\"destination\":\"beta\"}").status)
                .isEqualTo(409);
        verify(migrations, never()).preflight(any(), any(), any());
    }

    @Test
    void refusesToCancelAMigrationThatHasEnded() throws Exception {
        when(migrations.show(MIGRATION.id())).thenReturn(Things.migration("m-1", 2, 1, Optional.of(Outcome.COMPLETED)));

        Exchange asked = new Exchange("DELETE", "/m-1", "")
                .through(new MigrationServlet(Exchange.VIEW, migrations, Exchange.events()));

        assertThat(asked.status).isEqualTo(409);
        assertThat(asked.body()).contains("MIGRATION_ENDED", "completed");
        verify(migrations, never()).cancel(any());
    }
}

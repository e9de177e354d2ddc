// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Migrations;
import org.understudy.api.ProbeTarget;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;

class MigrationServletTest {
    private final Migrations migrations = mock(Migrations.class);
    private final MigrationServlet servlet = new MigrationServlet(value -> "{}", migrations);

    private Exchange ask(String method, String path, String content) throws Exception {
        return new Exchange(method, path, content).through(servlet);
    }

    @Test
    void startsAMigrationWithQemusDefaults() throws Exception {
        assertThat(ask("POST", "", "{\"vm\":\"web1\",\"destination\":\"beta\"}").status)
                .isEqualTo(202);
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
                {"vm": "web1", "destination": "beta", "bandwidth": 1000, "downtimeLimitMs": 300, "autoConverge": true,
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
        Exchange asked = new Exchange("POST", "", body).through(new MigrationServlet(Exchange.VIEW, migrations));

        assertThat(asked.status).isEqualTo(400);
        assertThat(asked.body()).contains(message);
    }

    @Test
    void cancelsByDelete() throws Exception {
        assertThat(ask("DELETE", "/m-1", "").status).isEqualTo(202);
        verify(migrations).cancel(new MigrationId("m-1"));
    }
}

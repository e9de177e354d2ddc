// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.AccessToken;
import org.understudy.api.AccessTokens;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.Role;

class TokenCommandsTest {
    private static final AccessToken TOKEN = new AccessToken(
            "1", "report", "chief", Role.VIEWER, Instant.EPOCH, Instant.EPOCH.plusSeconds(60), Optional.empty());

    private final Terminal terminal = new Terminal();
    private final AccessTokens tokens = mock(AccessTokens.class);
    private final List<AuditEntry> entries = new ArrayList<>();

    private <C extends UnderstudyCommand> C ready(C command) {
        command.auditLogs = List.of(entries::add);
        return terminal.ready(command);
    }

    @Test
    void printsTheSecretOfANewTokenAndRecordsAllElse() {
        TokenCreate create = ready(new TokenCreate());
        create.tokens = tokens;
        create.name = "report";
        create.role = "viewer";
        create.days = 30;
        create.user = "chief";
        when(tokens.create("chief", "report", Role.VIEWER, Duration.ofDays(30)))
                .thenReturn(new AccessTokens.Created(TOKEN, "understudy_abc"));

        assertThat(create.execute()).isNull();

        assertThat(terminal.text()).isEqualToIgnoringNewLines("understudy_abc");
        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.TOKENS);
            assertThat(entry.object()).isEqualTo("report");
            assertThat(entry.message()).isEqualTo("role viewer, user chief");
            assertThat(entry.toString()).doesNotContain("understudy_abc");
        });
    }

    @Test
    void listsTokensAndRevokesOne() {
        TokenList list = ready(new TokenList());
        list.tokens = tokens;
        when(tokens.list()).thenReturn(List.of(TOKEN));
        TokenRevoke revoke = ready(new TokenRevoke());
        revoke.tokens = tokens;
        revoke.id = "1";

        list.execute();
        revoke.execute();

        assertThat(terminal.text())
                .contains("1  report of chief, viewer, expires 1970-01-01T00:01:00Z, last used never", "Revoked.");
        verify(tokens).revoke("1");
    }
}

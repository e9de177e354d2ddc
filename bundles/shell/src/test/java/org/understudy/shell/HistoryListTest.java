// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.Outcome;
import org.understudy.api.PastFinding;
import org.understudy.api.Severity;
import org.understudy.api.VirtualMachines;

class HistoryListTest {
    private static final Set<HistoryKind> BOTH = Set.of(HistoryKind.MIGRATION, HistoryKind.FINDING);

    private final Terminal terminal = new Terminal();
    private final History history = mock(History.class);
    private final HistoryList list = terminal.ready(new HistoryList());
    private final HistoryShow show = terminal.ready(new HistoryShow());

    HistoryListTest() {
        list.vms = mock(VirtualMachines.class);
        list.histories = List.of(history);
        show.histories = List.of(history);
    }

    private static HistoryEntry migration() {
        Migration ended = Samples.ended(Samples.migration("m-1", 7), Outcome.COMPLETED);
        return entry("m-1", HistoryKind.MIGRATION, Optional.of(ended), Optional.empty(), Optional.empty());
    }

    private static HistoryEntry finding() {
        PastFinding finding = new PastFinding(
                "host-unavailable",
                Severity.ERROR,
                "host alpha",
                "Host alpha does not answer",
                "Check the network.",
                Optional.of(new HostName("alpha")),
                Optional.empty(),
                Optional.empty(),
                Instant.EPOCH,
                Optional.empty());
        return entry("f-1", HistoryKind.FINDING, Optional.empty(), Optional.empty(), Optional.of(finding));
    }

    private static HistoryEntry entry(
            String id,
            HistoryKind kind,
            Optional<Migration> migration,
            Optional<AuditEntry> action,
            Optional<PastFinding> finding) {
        return new HistoryEntry(id, "s-1", kind, Instant.EPOCH, migration, action, finding);
    }

    @Test
    void listsMigrationsAndFindings() {
        when(history.find(HistoryQuery.newest(BOTH, 100)))
                .thenReturn(new HistoryPage(List.of(migration(), finding()), Optional.empty()));

        assertThat(list.execute()).isNull();

        assertThat(terminal.text())
                .containsSubsequence("m-1", "migration", "completed")
                .containsSubsequence("f-1", "finding", "alpha", "open", "Host alpha does not answer");
    }

    @Test
    void selectsByEachOption() {
        when(history.find(any(HistoryQuery.class))).thenReturn(new HistoryPage(List.of(), Optional.empty()));
        list.vm = new UUID(0, 9).toString();
        list.kind = "finding";
        list.host = "alpha";
        list.outcome = "open";
        list.limit = 5;
        list.json = true;

        assertThat(list.execute()).isNull();

        HistoryQuery newest = HistoryQuery.newest(Set.of(HistoryKind.FINDING), 5);
        verify(history)
                .find(new HistoryQuery(
                        newest.kinds(),
                        Optional.of(new UUID(0, 9)),
                        Optional.of(new HostName("alpha")),
                        Optional.empty(),
                        Set.of("open"),
                        Optional.empty(),
                        Optional.empty(),
                        newest.sort(),
                        false,
                        5,
                        Optional.empty()));
        assertThat(terminal.text()).startsWith("JSON HistoryPage[");
    }

    @Test
    void refusesTheKindOfAnotherCommand() {
        list.kind = "action";

        assertThat(list.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
    }

    @Test
    void showsAMigrationWithItsStepsAndAFindingWithItsRemedy() {
        when(history.find("m-1")).thenReturn(Optional.of(migration()));
        when(history.find("f-1")).thenReturn(Optional.of(finding()));

        show.id = "m-1";
        assertThat(show.execute()).isNull();
        show.id = "f-1";
        assertThat(show.execute()).isNull();

        assertThat(terminal.text())
                .contains("Outcome      completed", "Remedy: Check the network.", "Ended        not yet");
    }

    @Test
    void showsNoActionAndNoUnknownEntry() {
        when(history.find("a-1"))
                .thenReturn(Optional.of(
                        entry("a-1", HistoryKind.ACTION, Optional.empty(), Optional.empty(), Optional.empty())));
        for (String id : List.of("a-1", "m-2")) {
            show.id = id;
            assertThat(show.execute()).isEqualTo(ErrorCode.HISTORY_ENTRY_NOT_FOUND.exitCode());
        }
        show.id = "";
        assertThat(show.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
    }
}

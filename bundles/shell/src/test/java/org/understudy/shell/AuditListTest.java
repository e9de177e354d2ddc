// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmName;

class AuditListTest {
    private static final HistoryQuery NEWEST = HistoryQuery.newest(Set.of(HistoryKind.ACTION), 100);
    private static final HistoryPage PAGE = new HistoryPage(List.of(entry()), Optional.of("next"));

    private final Terminal terminal = new Terminal();
    private final History history = mock(History.class);
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final AuditList list = terminal.ready(new AuditList());

    AuditListTest() {
        list.vms = vms;
        list.histories = List.of(history);
    }

    private static HistoryEntry entry() {
        AuditEntry action = new AuditEntry(
                new UUID(1, 1),
                Instant.EPOCH,
                "ruth",
                AuditEntry.Face.CONSOLE,
                Optional.of("192.0.2.7"),
                Action.MIGRATE,
                "web1",
                Optional.of(new UUID(0, 1)),
                Optional.of(new HostName("alpha")),
                AuditEntry.Result.REFUSED,
                Optional.of(ErrorCode.REFUSED_BY_FINDINGS),
                "to host beta");
        return new HistoryEntry(
                "e-1",
                "s-1",
                HistoryKind.ACTION,
                Instant.EPOCH,
                Optional.empty(),
                Optional.of(action),
                Optional.empty());
    }

    @Test
    void listsTheNewestActions() {
        when(history.find(NEWEST)).thenReturn(PAGE);

        assertThat(list.execute()).isNull();

        assertThat(terminal.text())
                .containsSubsequence("ruth", "console", "migrate", "web1", "alpha", "refused", "to host beta");
    }

    @Test
    void selectsByVmUserAndNumber() {
        when(vms.show(new VmName("web1"))).thenReturn(Samples.vm(PrimaryKind.VF));
        HistoryQuery query = new HistoryQuery(
                NEWEST.kinds(),
                Optional.of(new UUID(0, 1)),
                Optional.empty(),
                Optional.of("ruth"),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                HistoryQuery.Sort.TIME,
                false,
                5,
                Optional.empty());
        when(history.find(query)).thenReturn(PAGE);
        list.vm = "web1";
        list.user = "ruth";
        list.limit = 5;
        list.json = true;

        assertThat(list.execute()).isNull();

        assertThat(terminal.text()).startsWith("JSON [AuditEntry[");
    }

    @Test
    void findsTheActionsOnAVmThatWasRemoved() {
        when(history.find(NEWEST.ofVm(new UUID(0, 9)))).thenReturn(new HistoryPage(List.of(), Optional.empty()));
        list.vm = new UUID(0, 9).toString();

        assertThat(list.execute()).isNull();

        verify(history).find(NEWEST.ofVm(new UUID(0, 9)));
        verifyNoInteractions(vms);
        assertThat(terminal.text()).contains("No actions");
    }

    @Test
    void refusesALimitThatIsOutOfRange() {
        list.limit = 0;

        assertThat(list.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
    }

    @Test
    void reportsThatNoHistoryRuns() {
        list.histories = List.of();

        assertThat(list.execute()).isEqualTo(ErrorCode.HISTORY_UNAVAILABLE.exitCode());
        assertThat(terminal.text()).contains("org.understudy.history");
    }
}

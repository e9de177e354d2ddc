// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryQuery;
import org.understudy.api.Outcome;

class HistoryServletTest {
    private static final Set<HistoryKind> BOTH = Set.of(HistoryKind.MIGRATION, HistoryKind.FINDING);

    private final History history = mock(History.class);
    private final HistoryServlet servlet = new HistoryServlet(Exchange.VIEW, history, Exchange.events());

    @BeforeEach
    void answerWithOneMigration() {
        when(history.find(any(HistoryQuery.class)))
                .thenReturn(new HistoryPage(List.of(entry(HistoryKind.MIGRATION)), Optional.of("p2")));
    }

    private static HistoryEntry entry(HistoryKind kind) {
        return new HistoryEntry(
                "m-1",
                "s-1",
                kind,
                Instant.EPOCH,
                Optional.of(Things.migration("m-1", 1, 1, Optional.of(Outcome.COMPLETED))),
                Optional.empty(),
                Optional.empty());
    }

    private Exchange read(String path) throws Exception {
        return new Exchange("GET", path, "").through(servlet);
    }

    @Test
    void listsMigrationsAndFindingsNewestFirst() throws Exception {
        Exchange read = read("");

        verify(history).find(HistoryQuery.newest(BOTH, 100));
        assertThat(read.status).isEqualTo(200);
        assertThat(read.body()).startsWith("HistoryPage[").contains("id=m-1", "next=Optional[p2]");
        assertThat(read.headers).containsEntry("Link", "<?cursor=p2>; rel=\"next\"");
    }

    @Test
    void selectsByEachParameter() throws Exception {
        read("?kind=migration&host=alpha&outcome=running&outcome=needs-attention&since=2026-11-01T10:00:00Z"
                + "&until=2026-11-01T12:00:00Z&sort=vm&limit=7&cursor=abc&vm=" + Things.uuid(1));

        verify(history)
                .find(new HistoryQuery(
                        Set.of(HistoryKind.MIGRATION),
                        Optional.of(Things.uuid(1)),
                        Optional.of(Things.ALPHA),
                        Optional.empty(),
                        Set.of("running", "needs-attention"),
                        Optional.of(Instant.parse("2026-11-01T10:00:00Z")),
                        Optional.of(Instant.parse("2026-11-01T12:00:00Z")),
                        HistoryQuery.Sort.VM,
                        true,
                        7,
                        Optional.of("abc")));
    }

    @ParameterizedTest
    @CsvSource({"-outcome, OUTCOME, false", "host, HOST, true", "time, TIME, true"})
    void sorts(String parameter, HistoryQuery.Sort sort, boolean ascending) throws Exception {
        read("?sort=" + parameter);

        verify(history)
                .find(new HistoryQuery(
                        BOTH,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Set.of(),
                        Optional.empty(),
                        Optional.empty(),
                        sort,
                        ascending,
                        100,
                        Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kind=action",
                "sort=user",
                "sort=-",
                "outcome=done",
                "kind=finding&outcome=completed",
                "kind=migration&outcome=open",
            })
    void namesAWrongValue(String query) throws Exception {
        Exchange read = read("?" + query);

        String[] parts = query.substring(query.indexOf('&') + 1).split("=");
        assertThat(read.status).isEqualTo(400);
        assertThat(read.body()).contains("'" + parts[0] + "' must be one of", "not '" + parts[1] + "'");
        verify(history, never()).find(any(HistoryQuery.class));
    }

    @Test
    void refusesTheUserOfAnAction() throws Exception {
        assertThat(read("?user=ada").status).isEqualTo(400);
    }

    @Test
    void readsOneEntry() throws Exception {
        when(history.find("m-1")).thenReturn(Optional.of(entry(HistoryKind.MIGRATION)));

        assertThat(read("/m-1").body()).startsWith("HistoryEntry[id=m-1");
        Exchange unknown = read("/m-2");
        assertThat(unknown.status).isEqualTo(404);
        assertThat(unknown.body()).contains("HISTORY_ENTRY_NOT_FOUND", "understudy:history-list");
    }

    /** Its content is that of another right. */
    @Test
    void readsNoAction() throws Exception {
        when(history.find("m-1")).thenReturn(Optional.of(entry(HistoryKind.ACTION)));

        assertThat(read("/m-1").status).isEqualTo(404);
    }
}

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
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryQuery;
import org.understudy.api.PairHealth;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;

class AuditServletTest {
    private static final HistoryQuery NEWEST = HistoryQuery.newest(Set.of(HistoryKind.ACTION), 100);

    private final History history = mock(History.class);
    private final EventHub hub = Exchange.events();
    private final AuditServlet servlet = new AuditServlet(Exchange.VIEW, history, hub);

    @BeforeEach
    void answerWithoutEntries() {
        when(history.find(any(HistoryQuery.class))).thenReturn(page(Optional.empty()));
    }

    private static HistoryPage page(Optional<String> next, String... users) {
        return new HistoryPage(Stream.of(users).map(AuditServletTest::entry).toList(), next);
    }

    private static HistoryEntry entry(String user) {
        AuditEntry action = Things.action(user, 1);
        return new HistoryEntry(
                "e-1",
                "s-1",
                HistoryKind.ACTION,
                Instant.EPOCH,
                Optional.empty(),
                Optional.of(action),
                Optional.empty());
    }

    private Exchange read(String query) throws Exception {
        return new Exchange("GET", query, "").through(servlet);
    }

    @Test
    void listsTheNewestActionsOfAllVms() throws Exception {
        when(history.find(NEWEST)).thenReturn(page(Optional.empty(), "ada", "bob"));

        Exchange read = read("");

        assertThat(read.status).isEqualTo(200);
        assertThat(read.body()).startsWith("[AuditEntry[").containsSubsequence("user=ada", "user=bob");
        assertThat(read.headers).doesNotContainKey("Link");
    }

    @Test
    void selectsByEachParameter() throws Exception {
        read("?host=alpha&user=ada%20(token%20ci)&result=refused&result=failed&since=2026-11-01T10:00:00Z"
                + "&until=2026-11-01T12:00:00%2B01:00&limit=1000&cursor=abc&vm=" + Things.uuid(1));

        verify(history)
                .find(new HistoryQuery(
                        Set.of(HistoryKind.ACTION),
                        Optional.of(Things.uuid(1)),
                        Optional.of(Things.ALPHA),
                        Optional.of("ada (token ci)"),
                        Set.of("refused", "failed"),
                        Optional.of(Instant.parse("2026-11-01T10:00:00Z")),
                        Optional.of(Instant.parse("2026-11-01T11:00:00Z")),
                        HistoryQuery.Sort.TIME,
                        false,
                        1000,
                        Optional.of("abc")));
    }

    @Test
    void findsTheVmOfANameAndKnowsEveryUuid() throws Exception {
        when(hub.find(new VmName("web1"))).thenReturn(Things.vm(1, Things.ALPHA, PairHealth.ACTIVE));
        when(hub.find(new VmOnHost(Things.BETA, "web1"))).thenReturn(Things.vm(2, Things.BETA, PairHealth.ACTIVE));

        read("?vm=web1");
        read("?vm=beta/web1");
        read("?vm=" + Things.uuid(3));

        for (int number : List.of(1, 2, 3)) {
            verify(history).find(NEWEST.ofVm(Things.uuid(number)));
        }
    }

    @Test
    void refusesAnUnknownVm() throws Exception {
        when(hub.find(any())).thenThrow(new UnderstudyException(ErrorCode.VM_NOT_FOUND, "No host has VM web9"));

        assertThat(read("?vm=web9").status).isEqualTo(404);
        verify(history, never()).find(any(HistoryQuery.class));
    }

    @ParameterizedTest
    @CsvSource({
        "'', ?cursor=p2",
        "?limit=5, ?limit=5&cursor=p2",
        "?cursor=p1&user=a%20b, ?user=a%20b&cursor=p2",
    })
    void linksTheNextPage(String query, String next) throws Exception {
        when(history.find(any(HistoryQuery.class))).thenReturn(page(Optional.of("p2"), "ada"));

        assertThat(read(query).headers).containsEntry("Link", "<" + next + ">; rel=\"next\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host=a!b",
                "result=done",
                "since=yesterday",
                "since=2026-11-01",
                "until=%2B999999999-01-01T00:00:00Z",
                "limit=0",
                "limit=1001",
                "limit=many"
            })
    void namesAWrongValue(String query) throws Exception {
        Exchange read = read("?" + query);

        String[] parts = query.replace("%2B", "+").split("=");
        assertThat(read.status).isEqualTo(400);
        assertThat(read.body()).contains("INVALID_ARGUMENT", "'" + parts[0] + "' must be", "'" + parts[1] + "'");
        verify(history, never()).find(any(HistoryQuery.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"outcome=completed", "sort=vm", "user=ada&user=bob"})
    void refusesWhatItWouldIgnore(String query) throws Exception {
        assertThat(read("?" + query).status).isEqualTo(400);
    }

    @Test
    void reportsAStoreThatDoesNotAnswer() throws Exception {
        when(history.find(any(HistoryQuery.class)))
                .thenThrow(new UnderstudyException(ErrorCode.HISTORY_UNAVAILABLE, "The store does not answer"));

        assertThat(read("").status).isEqualTo(503);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HistoryQuery.Sort;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.Outcome;
import org.understudy.api.PastFinding;
import org.understudy.api.UnderstudyException;

/** What both databases do alike. */
abstract class HistoryTableContract {
    private static final HistoryQuery ALL = HistoryQuery.newest(Set.of(), 1000);

    HistoryStore store;

    /** The same database at each call of a test. */
    abstract Database database() throws Exception;

    @BeforeEach
    void open() throws Exception {
        store = HistoryStore.open(database(), SchemaUpgrade.shipped());
    }

    @AfterEach
    void close() {
        store.close(true);
    }

    void write(HistoryRow... rows) throws Exception {
        store.with(connection -> {
            HistoryTable.write(connection, List.of(rows));
            return true;
        });
    }

    List<HistoryRow> rows(HistoryQuery query) throws Exception {
        return store.with(connection -> HistoryTable.read(connection, Selection.of(query)));
    }

    private List<String> ids(HistoryQuery query) throws Exception {
        return rows(query).stream().map(HistoryRow::id).toList();
    }

    private static HistoryRow migration(String id, String vm, int second, Outcome... outcome) {
        return Entries.FORMAT.of(Entries.migration(
                id, vm, Entries.START.plusSeconds(second), Stream.of(outcome).findFirst()));
    }

    private static HistoryRow action(String user, String vm, int second) {
        return Entries.FORMAT.of(Entries.action(user, vm, Entries.START.plusSeconds(second)));
    }

    private static HistoryRow finding(String id, String host, int second) {
        return Entries.FORMAT.of(id, Entries.finding(host, Entries.START.plusSeconds(second)));
    }

    @Test
    void returnsEachRecordAsItWasAlsoAfterAReopen() throws Exception {
        Migration migration = Entries.migration("m-1", "web1", Entries.START, Optional.of(Outcome.COMPLETED));
        AuditEntry action = Entries.action("jane", "web1", Entries.START.plusSeconds(1));
        PastFinding finding = Entries.finding("alpha", Entries.START.plusSeconds(2));
        write(Entries.FORMAT.of(migration), Entries.FORMAT.of(action), Entries.FORMAT.of("f-1", finding));
        store.close(true);
        open();

        List<HistoryEntry> entries =
                rows(ALL).stream().flatMap(row -> RowFormat.entry(row).stream()).toList();

        assertThat(entries)
                .extracting(HistoryEntry::kind)
                .containsExactly(HistoryKind.FINDING, HistoryKind.ACTION, HistoryKind.MIGRATION);
        assertThat(entries).extracting(HistoryEntry::server).containsOnly("server-a");
        assertThat(entries.get(0).finding()).contains(finding);
        assertThat(entries.get(1).action()).contains(action);
        assertThat(entries.get(2).migration()).contains(migration);
        assertThat(entries.get(2).time()).isEqualTo(Entries.START);
    }

    @Test
    void replacesARowOfTheSameId() throws Exception {
        write(migration("m-1", "web1", 0));
        assertThat(rows(ALL)).extracting(HistoryRow::outcome).containsExactly("running");

        write(migration("m-1", "web1", 0, Outcome.CANCELLED), migration("m-2", "web1", 1));

        assertThat(rows(ALL)).extracting(HistoryRow::outcome).containsExactly("running", "cancelled");
    }

    @Test
    void filtersByEachCondition() throws Exception {
        HistoryRow start = action("jane", "web1", 2);
        HistoryRow other = action("joe", "db1", 3);
        write(migration("m-1", "web1", 0, Outcome.COMPLETED), migration("m-2", "db1", 1), start, other);
        write(finding("f-1", "beta", 4));

        assertThat(ids(HistoryQuery.newest(Set.of(HistoryKind.MIGRATION), 9))).containsExactly("m-2", "m-1");
        assertThat(ids(ALL.ofVm(Entries.uuid("web1")))).containsExactly(start.id(), "m-1");
        assertThat(ids(with(Optional.of(new HostName("beta")), Optional.empty(), Set.of())))
                .containsExactly("f-1", "m-2", "m-1");
        assertThat(ids(with(Optional.empty(), Optional.of("joe"), Set.of()))).containsExactly(other.id());
        assertThat(ids(with(Optional.empty(), Optional.empty(), Set.of("running", "open"))))
                .containsExactly("f-1", "m-2");
        assertThat(ids(between(1, 3))).containsExactly(start.id(), "m-2");
        assertThat(ids(with(Optional.of(new HostName("gamma")), Optional.empty(), Set.of())))
                .isEmpty();
    }

    private static HistoryQuery with(Optional<HostName> host, Optional<String> user, Set<String> outcomes) {
        return new HistoryQuery(
                Set.of(),
                Optional.empty(),
                host,
                user,
                outcomes,
                Optional.empty(),
                Optional.empty(),
                Sort.TIME,
                false,
                9,
                Optional.empty());
    }

    private static HistoryQuery between(int since, int until) {
        return new HistoryQuery(
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.of(Entries.START.plusSeconds(since)),
                Optional.of(Entries.START.plusSeconds(until)),
                Sort.TIME,
                false,
                9,
                Optional.empty());
    }

    private static HistoryQuery sorted(Sort sort, boolean ascending, int limit) {
        return new HistoryQuery(
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Optional.empty(),
                sort,
                ascending,
                limit,
                Optional.empty());
    }

    @ParameterizedTest
    @CsvSource({
        "TIME,true",
        "TIME,false",
        "VM,true",
        "VM,false",
        "HOST,false",
        "USER,true",
        "USER,false",
        "OUTCOME,true"
    })
    void pagesAreThePartsOfTheWholeList(Sort sort, boolean ascending) throws Exception {
        Random random = new Random(7);
        List<HistoryRow> all = new ArrayList<>();
        for (int i = 0; i < 57; i++) {
            // Many rows have the same time, VM and user.
            int second = random.nextInt(5);
            String vm = "vm" + random.nextInt(4);
            all.add(i % 2 == 0 ? migration("m-" + i, vm, second) : action("user" + i % 3, vm, second));
        }
        Collections.shuffle(all, random);
        write(all.toArray(HistoryRow[]::new));
        List<String> whole = ids(sorted(sort, ascending, 1000));
        assertThat(whole).hasSize(57);

        List<String> pages = new ArrayList<>();
        HistoryQuery next = sorted(sort, ascending, 10);
        for (int page = 0; page < 6; page++) {
            List<HistoryRow> rows = rows(next);
            assertThat(rows).hasSize(page < 5 ? 11 : 7);
            rows.stream().limit(10).map(HistoryRow::id).forEach(pages::add);
            next = next.from(Cursor.of(next, rows.get(Math.min(9, rows.size() - 1))));
        }

        assertThat(pages).isEqualTo(whole);
        assertThat(rows(next)).isEmpty();
    }

    /** As destination of migrations, and as the host of findings. */
    @Test
    void pagesThroughTheEntriesOfOneHost() throws Exception {
        for (int i = 0; i < 12; i++) {
            write(migration("m-" + i, "web1", i % 5), finding("f-" + i, "beta", i % 5), finding("g-" + i, "gamma", i));
        }
        HistoryQuery beta = with(Optional.of(new HostName("beta")), Optional.empty(), Set.of());
        List<String> found = new ArrayList<>();
        for (List<HistoryRow> page = rows(beta); !page.isEmpty(); ) {
            List<HistoryRow> shown = page.subList(0, Math.min(9, page.size()));
            shown.forEach(row -> found.add(row.id()));
            page = rows(beta.from(Cursor.of(beta, shown.get(shown.size() - 1))));
        }

        assertThat(found).hasSize(24).doesNotHaveDuplicates().allMatch(id -> id.matches("[mf]-.*"));
        assertThat(found.subList(0, 4)).allMatch(id -> id.endsWith("4") || id.endsWith("9"));
    }

    @Test
    void repeatsNoRowOnTheNextPageWhenNewOnesArrive() throws Exception {
        write(migration("m-1", "a", 1), migration("m-2", "a", 2), migration("m-3", "a", 3));
        HistoryQuery query = sorted(Sort.TIME, false, 2);
        String cursor = Cursor.of(query, rows(query).get(1));

        write(migration("m-4", "a", 4));

        assertThat(ids(query.from(cursor))).containsExactly("m-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "!", "VElNRS0", "VElNRSsAAGJhZAB4", "VElNRS0AAGJhZAB4"})
    void refusesACursorOfAnotherQuery(String cursor) {
        assertThatThrownBy(() -> Selection.of(ALL.from(cursor)))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "\uD83D half", "\uDE00", "\uD83D\uDE00", "' or 1=1 --", "%_\\", "Zoë\u202E"})
    void storesAndFindsAUserOfAnyName(String name) throws Exception {
        AuditEntry entry = Entries.action(name + "x".repeat(600), "web1", Entries.START);
        HistoryRow row = Entries.FORMAT.of(entry);
        write(row);

        assertThat(ids(with(Optional.empty(), Optional.of(entry.user()), Set.of())))
                .containsExactly(row.id());
        assertThat(RowFormat.entry(rows(ALL).get(0)).orElseThrow().action()).isPresent();
    }

    @Test
    void deletesByAgeAndByNumberOfEachKind() throws Exception {
        Instant now = Entries.START.plus(30, ChronoUnit.DAYS);
        List<HistoryRow> rows = new ArrayList<>(IntStream.range(0, 1200)
                .mapToObj(i -> finding("f-" + i, "alpha", i))
                .toList());
        rows.add(migration("m-old", "a", -1));
        rows.add(migration("m-new", "a", 1));
        write(rows.toArray(HistoryRow[]::new));

        boolean more = store.with(c -> new Retention(30, 100).apply(c, now));

        assertThat(more).isFalse();
        assertThat(ids(HistoryQuery.newest(Set.of(HistoryKind.FINDING), 1000)))
                .hasSize(100)
                .startsWith("f-1199")
                .endsWith("f-1100");
        assertThat(ids(HistoryQuery.newest(Set.of(HistoryKind.MIGRATION), 1000)))
                .containsExactly("m-new");
    }

    @Test
    void endsFindingsThatAFormerRunOfTheServerLeftOpen() throws Exception {
        write(finding("f-1", "alpha", 0), new RowFormat("server-b").of("f-2", Entries.finding("beta", Entries.START)));
        write(finding("f-3", "gamma", 60));
        Instant restart = Entries.START.plusSeconds(30);

        store.with(connection -> {
            HistoryTable.endFindings(connection, "server-a", restart);
            return true;
        });

        assertThat(rows(ALL))
                .extracting(HistoryRow::id, HistoryRow::outcome, HistoryRow::ended)
                .containsExactly(
                        tuple("f-3", "open", Optional.empty()),
                        tuple("f-2", "open", Optional.empty()),
                        tuple("f-1", "unknown", Optional.of(restart)));
        assertThat(RowFormat.entry(rows(ALL).get(2))
                        .orElseThrow()
                        .finding()
                        .orElseThrow()
                        .ended())
                .contains(restart);
    }

    @Test
    void omitsAnEntryThatANewerServerHasWritten() throws Exception {
        HistoryRow row = action("jane", "web1", 0);
        write(new HistoryRow(
                UUID.randomUUID().toString(),
                row.server(),
                row.kind(),
                row.time(),
                row.ended(),
                row.uuid(),
                row.vm(),
                row.host(),
                row.otherHost(),
                row.user(),
                row.outcome(),
                row.document().replace("POWER", "TELEPORT")));

        assertThat(rows(ALL).stream().flatMap(r -> RowFormat.entry(r).stream())).isEmpty();
    }

    @Test
    void upgradesTheSchemaOnceAndKeepsTheRows() throws Exception {
        write(migration("m-1", "web1", 0));
        SchemaUpgrade newer = new SchemaUpgrade(n -> n <= 2
                ? Optional.of(
                        n == 1
                                ? SchemaUpgrade.shipped().files().apply(1).orElseThrow()
                                : "-- more;\nalter table understudy_history add column if not exists extra int;\n")
                : Optional.empty());
        store.close(true);
        for (int i = 0; i < 2; i++) {
            HistoryStore.open(database(), newer).close(true);
        }

        assertThatThrownBy(this::open).hasMessageContaining("version 2", "version 1");
        store = HistoryStore.open(database(), newer);
        assertThat(ids(ALL)).containsExactly("m-1");
    }

    @Test
    void refusesASchemaThatDiffersFromItsFile() throws Exception {
        store.close(true);
        SchemaUpgrade other =
                new SchemaUpgrade(n -> n == 1 ? Optional.of("create table x (y int);") : Optional.empty());

        assertThatThrownBy(() -> HistoryStore.open(database(), other)).hasMessageContaining("version 1 of its schema");
        open();
    }
}

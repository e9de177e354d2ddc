// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.HistoryQuery;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.Outcome;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.testing.FakeScheduler;

class HistoryComponentTest {
    private final FakeScheduler scheduler = new FakeScheduler();
    private final Policies policies = mock(Policies.class);
    private final Migrations migrations = mock(Migrations.class);
    private final List<Consumer<Migration>> listeners = new ArrayList<>();
    private final List<Consumer<Policy>> edits = new ArrayList<>();

    @TempDir
    Path folder;

    @BeforeEach
    void services() {
        Policy policy = policy(HistoryPolicy.defaults());
        when(policies.current()).thenReturn(policy);
        when(policies.listen(any())).thenAnswer(call -> subscribe(edits, call.getArgument(0)));
        when(migrations.listen(any())).thenAnswer(call -> subscribe(listeners, call.getArgument(0)));
    }

    private static <T> Subscription subscribe(List<T> all, T one) {
        all.add(one);
        return () -> all.remove(one);
    }

    private static Policy policy(HistoryPolicy history) {
        Policy policy = mock(Policy.class);
        when(policy.history()).thenReturn(history);
        return policy;
    }

    private HistoryComponent start() {
        HistoryComponent component = new HistoryComponent(folder, policies, () -> "0123456789ab", scheduler);
        component.setMigrations(migrations);
        scheduler.advance(HistoryWriter.PACE);
        return component;
    }

    private static Migration migration(String id, Outcome... outcome) {
        return Entries.migration(
                id, "web1", Entries.START, outcome.length == 0 ? Optional.empty() : Optional.of(outcome[0]));
    }

    private void send(Migration migration) {
        listeners.forEach(listener -> listener.accept(migration));
    }

    private List<HistoryEntry> all(HistoryComponent component) {
        scheduler.advance(HistoryWriter.PACE);
        HistoryPage page = component.find(HistoryQuery.newest(Set.of(), 10));
        return page.entries();
    }

    @Test
    void listsMigrationsAndActionsAfterARestart() {
        AuditEntry action = Entries.action("jane", "web1", Entries.START.plusSeconds(1));
        when(migrations.list()).thenReturn(List.of(migration("m-1", Outcome.COMPLETED)));
        HistoryComponent component = start();
        send(migration("m-2"));
        assertThat(all(component)).hasSize(2);
        send(migration("m-2", Outcome.CANCELLED));
        component.record(action);
        component.close();
        assertThat(listeners).isEmpty();
        when(migrations.list()).thenReturn(List.of());

        HistoryComponent next = start();

        assertThat(all(next)).hasSize(3);
        assertThat(next.find("m-2").orElseThrow().migration().orElseThrow().outcome())
                .contains(Outcome.CANCELLED);
        assertThat(next.find(action.id().toString()).orElseThrow().action()).contains(action);
        assertThat(next.find("m-9")).isEmpty();
        next.close();
    }

    @Test
    void pagesThroughTheEntries() {
        when(migrations.list())
                .thenReturn(List.of(migration("m-1"), migration("m-2"), migration("m-3"), migration("m-4")));
        HistoryComponent component = start();
        HistoryQuery query = HistoryQuery.newest(Set.of(HistoryKind.MIGRATION), 2);

        HistoryPage first = component.find(query);
        HistoryPage second = component.find(query.from(first.next().orElseThrow()));

        assertThat(first.entries()).extracting(HistoryEntry::id).containsExactly("m-4", "m-3");
        assertThat(second.entries()).extracting(HistoryEntry::id).containsExactly("m-2", "m-1");
        assertThat(second.next()).isEmpty();
        component.close();
    }

    @Test
    void usesTheIdOfTheServerThatItsLeasesHave() {
        HistoryComponent component = start();
        component.record(Entries.action("jane", "web1", Entries.START));

        assertThat(all(component)).extracting(HistoryEntry::server).containsExactly("0123456789ab");
        component.close();
    }

    @Test
    void followsAnEditOfTheConfiguration() {
        HistoryComponent component = start();
        component.record(Entries.action("jane", "web1", Entries.START));
        assertThat(all(component)).hasSize(1);

        Path other = folder.resolve("other");
        Policy edited = policy(new HistoryPolicy(Optional.of(other.toString()), Optional.empty(), 1, 100));
        edits.forEach(edit -> edit.accept(edited));
        component.record(Entries.action("joe", "web1", scheduler.instant()));

        assertThat(all(component))
                .extracting(e -> e.action().orElseThrow().user())
                .containsExactly("joe");
        assertThat(other.resolve("history.mv.db")).exists();
        component.close();
    }

    /** Its finding names the folder, and every call returns. */
    @Test
    void worksWithoutAFolder() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        HistoryComponent component = new HistoryComponent(
                file,
                policies,
                () -> {
                    throw new UnderstudyException(ErrorCode.IO_FAILED, "File server-id cannot be used");
                },
                scheduler);
        component.setMigrations(migrations);
        component.record(Entries.action("jane", "web1", Entries.START));
        scheduler.advance(HistoryWriter.PACE);

        assertThat(component.findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.HISTORY_UNAVAILABLE);
            assertThat(f.message()).contains(file.toString(), "entries that wait in memory: 1");
        });
        component.close();
    }
}

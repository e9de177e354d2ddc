// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
import org.understudy.core.definition.NicPolicy;
import org.understudy.core.migration.context.MigrationJournal.Entry;
import org.understudy.core.migration.context.MigrationJournal.Stage;
import org.understudy.json.testing.Samples;

class MigrationJournalTest {
    private static final String FILE = "text.json";

    @TempDir
    Path folder;

    private MigrationJournal journal;

    @BeforeEach
    void open() {
        journal = new MigrationJournal(folder);
    }

    /** A server reads the files of older ones: changing this text breaks the recovery of running migrations. */
    @Test
    void writesEntriesByteForByteAsBeforeAndReadsThemBack() throws IOException {
        StringBuilder written = new StringBuilder();
        for (Samples samples : Samples.values()) {
            written.append(store((Entry) samples.of(Entry.class)));
            for (Class<?> gap : NetworkGap.class.getPermittedSubclasses()) {
                written.append(store(with((NetworkGap) samples.of(gap))));
            }
            for (Class<?> probe : ProbeTarget.class.getPermittedSubclasses()) {
                written.append(store(with((ProbeTarget) samples.of(probe))));
            }
            PendingUnplug pending = (PendingUnplug) samples.of(PendingUnplug.class);
            journal.keep(List.of(pending));
            assertThat(journal.pendingUnplugs()).containsExactly(pending);
            written.append(Files.readString(folder.resolve("pending-ejects"))).append('\n');
        }

        assertThat(written.toString()).isEqualTo(resource("journal.txt"));
    }

    private String store(Entry entry) throws IOException {
        journal.write(entry);
        assertThat(journal.all()).containsExactly(entry);
        return Files.readString(folder.resolve(FILE)) + "\n";
    }

    private static Entry with(NetworkGap gap) {
        Migration m = (Migration) Samples.SPARSE.of(Migration.class);
        Migration migration = new Migration(
                m.id(),
                m.revision(),
                m.vm(),
                m.uuid(),
                m.source(),
                m.destination(),
                m.primaries(),
                m.started(),
                m.ended(),
                m.steps(),
                m.progress(),
                m.outcome(),
                m.downtime(),
                m.onStandby(),
                gap,
                m.findings());
        return new Entry(Stage.ENDED, migration, MigrationOptions.defaults(), List.of(), true);
    }

    private static Entry with(ProbeTarget probe) {
        return new Entry(
                Stage.STARTED,
                (Migration) Samples.SPARSE.of(Migration.class),
                MigrationOptions.defaults().withProbe(probe),
                List.of(),
                true);
    }

    @Test
    void readsAnEntryWithoutOptionsAndWithUnknownKeys() throws IOException {
        Entry entry = (Entry) Samples.SPARSE.of(Entry.class);
        journal.write(entry);
        Path file = folder.resolve(FILE);
        String text = Files.readString(file)
                .replaceFirst("\\{", "{ \"further\" : 1,")
                .replace("\"options\" :", "\"laterOptions\" :");
        Files.writeString(file, text);

        assertThat(journal.all())
                .containsExactly(new Entry(
                        entry.stage(), entry.migration(), MigrationOptions.defaults(), entry.leases(), entry.marked()));
    }

    @Test
    void readsAnEntryOfAVersionThatDidNotMarkDefinitions() throws IOException {
        Entry entry = (Entry) Samples.FULL.of(Entry.class);
        journal.write(entry);
        Path file = folder.resolve(FILE);
        Files.writeString(file, Files.readString(file).replaceFirst(",\\s*\"marked\" : true", ""));

        assertThat(entry.marked()).isTrue();
        assertThat(journal.all())
                .singleElement()
                .satisfies(read -> assertThat(read.marked()).isFalse());
    }

    @Test
    void readsAMigrationWithoutTheUuidOfItsVm() throws IOException {
        Entry entry = (Entry) Samples.SPARSE.of(Entry.class);
        journal.write(entry);
        Path file = folder.resolve(FILE);
        String text = Files.readString(file);
        assertThat(text).contains("\"uuid\" : null,");
        Files.writeString(file, text.replaceFirst("\\s*\"uuid\" : null,", ""));

        assertThat(journal.all()).containsExactly(entry);
    }

    @Test
    void readsAPendingUnplugOfAVersionThatDidNotKnowFiltersAndRates() throws IOException {
        PendingUnplug pending = (PendingUnplug) Samples.FULL.of(PendingUnplug.class);
        journal.keep(List.of(pending));
        Path file = folder.resolve("pending-ejects");
        String text = Files.readString(file);
        String older = text.replaceFirst("\\s*\"pinsMac\" : true,\\s*\"maxRate\" : 7,", "");
        assertThat(older).isNotEqualTo(text);
        Files.writeString(file, older);

        assertThat(journal.pendingUnplugs())
                .singleElement()
                .satisfies(read ->
                        assertThat(read.pair().policy()).isEqualTo(new NicPolicy(true, false, OptionalInt.empty())));
    }

    /** Definitions of migrations can contain passwords. */
    @Test
    void onlyTheServerCanReadTheFiles() throws IOException {
        Path closed = Files.createDirectory(folder.resolve("migrations"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwxr-xr-x"));

        MigrationJournal other = new MigrationJournal(closed);
        other.keep(List.of());
        other.keep(List.of());

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(closed)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(closed)) {
            Path file = files.findFirst().orElseThrow();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream file = Optional.ofNullable(MigrationJournalTest.class.getResourceAsStream(name))
                .orElseThrow()) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.FindingCode;
import org.understudy.api.HistoryPolicy;
import org.understudy.api.HistoryQuery;
import org.understudy.api.Outcome;
import org.understudy.concurrent.testing.FakeScheduler;

class EmbeddedDatabaseTest extends HistoryTableContract {
    private final FakeScheduler scheduler = new FakeScheduler();

    @TempDir
    Path folder;

    @Override
    Database database() {
        return new EmbeddedDatabase(folder, scheduler);
    }

    private Path file() {
        return folder.resolve("history.mv.db");
    }

    private StoredHistory history(Path place) {
        StoredHistory history = new StoredHistory(
                HistoryPolicy.defaults(), policy -> new EmbeddedDatabase(place, scheduler), "server-a", scheduler);
        scheduler.advance(HistoryWriter.PACE);
        return history;
    }

    private static HistoryRow row(int number) {
        return Entries.FORMAT.of(Entries.migration(
                "m-" + number, "web1", Entries.START.plusSeconds(number), Optional.of(Outcome.COMPLETED)));
    }

    private List<String> ids(StoredHistory history) {
        return history.find(HistoryQuery.newest(Set.of(), 1000)).entries().stream()
                .map(e -> e.id())
                .toList();
    }

    @Test
    void canBeReadByItsUserOnly() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
    }

    /** Such as /srv, which other programs could not use any more. */
    @Test
    void changesNoPermissionsOfAFolderOfOtherPrograms() throws IOException {
        Path shared = Files.createDirectory(folder.resolve("shared"));
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectory(shared.resolve("other"));

        StoredHistory history = history(shared);

        assertThat(history.findings())
                .singleElement()
                .satisfies(f -> assertThat(f.message())
                        .contains("folder " + shared, "can be read by other users, use a folder of its own"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(shared)))
                .isEqualTo("rwxr-xr-x");
        history.close();
    }

    @Test
    void takesAFolderThatHasNothingElseForItself() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Files.setPosixFilePermissions(empty, PosixFilePermissions.fromString("rwxr-xr-x"));

        StoredHistory history = history(empty);

        assertThat(history.findings()).isEmpty();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(empty)))
                .isEqualTo("rwx------");
        history.close();
    }

    @Test
    void hasWhatIsWrittenOnDiskWhenTheServerIsKilled() throws Exception {
        write(row(1), row(2));
        Path copy = Files.createDirectory(folder.resolve("copy"));
        Files.copy(file(), copy.resolve("history.mv.db"));

        StoredHistory killed = history(copy);

        assertThat(ids(killed)).containsExactly("m-2", "m-1");
        assertThat(killed.findings()).isEmpty();
        killed.close();
    }

    @Test
    void leavesAFileAloneThatAnotherProcessHasOpen() throws Exception {
        write(row(1));

        // Another class loader has another H2, as another process has.
        try (OtherH2 other = new OtherH2()) {
            assertThatThrownBy(() -> other.open("jdbc:h2:file:" + folder.resolve("history")))
                    .satisfies(
                            e -> assertThat(database().isCorrupt((Exception) e)).isFalse());
        }
        assertThat(rows(HistoryQuery.newest(Set.of(), 9))).hasSize(1);
    }

    @Test
    void beginsANewFileWhenItsFileIsGarbageAndReportsIt() throws IOException {
        store.close(true);
        Files.writeString(file(), "no database ".repeat(10_000));

        StoredHistory history = history(folder);
        history.put(row(1));
        scheduler.advance(HistoryWriter.MAINTENANCE);

        assertThat(ids(history)).containsExactly("m-1");
        assertThat(history.findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.HISTORY_INCOMPLETE);
            assertThat(f.message()).contains(folder.resolve("damaged-").toString());
        });
        history.close();
    }

    /** Whatever is damaged, rows can be stored again within minutes; what is still readable may stay. */
    @Test
    void storesAgainAfterAnyDamageOfItsFile() throws Exception {
        write(IntStream.range(0, 300).mapToObj(EmbeddedDatabaseTest::row).toArray(HistoryRow[]::new));
        store.close(true);
        byte[] whole = Files.readAllBytes(file());
        for (int seed = 0; seed < 25; seed++) {
            damage(whole, new Random(seed));
            StoredHistory history = history(folder);
            try {
                history.find(HistoryQuery.newest(Set.of(), 1000));
            } catch (RuntimeException e) {
                // The first query may find the damage.
            }
            history.put(row(5000));
            scheduler.advance(HistoryWriter.MAINTENANCE);

            assertThat(history.find("m-5000")).as("seed " + seed).isPresent();
            history.close();
        }
    }

    private void damage(byte[] whole, Random random) throws IOException {
        Files.write(file(), whole);
        try (RandomAccessFile raw = new RandomAccessFile(file().toFile(), "rw")) {
            if (random.nextInt(4) == 0) {
                raw.setLength(random.nextInt(whole.length));
            } else {
                byte[] noise = new byte[4096 * (1 + random.nextInt(8))];
                random.nextBytes(noise);
                raw.seek(random.nextInt(whole.length));
                raw.write(noise);
            }
        }
    }

    @Test
    void writesWhatWaitedOnceAFullDiskHasSpaceAgain() throws Exception {
        store.close(true);
        try (Mounted disk = Mounted.tmpfs(folder.resolve("disk"), "2m")) {
            StoredHistory history = history(disk.folder());
            history.put(row(1));
            scheduler.advance(HistoryWriter.MAINTENANCE);
            disk.fill();

            IntStream.range(2, 400).mapToObj(EmbeddedDatabaseTest::row).forEach(history::put);
            scheduler.advance(HistoryWriter.MAINTENANCE);
            assertThat(history.findings()).singleElement().satisfies(f -> {
                assertThat(f.code()).isEqualTo(FindingCode.HISTORY_UNAVAILABLE);
                assertThat(f.message())
                        .contains("folder " + disk.folder(), "No space left", "entries that wait in memory: ");
            });

            disk.free();
            scheduler.advance(HistoryWriter.MAINTENANCE);
            assertThat(history.findings()).isEmpty();
            assertThat(ids(history)).hasSize(399);
            history.close();
        }
    }

    @Test
    void reportsAFolderThatCannotBeWritten() throws Exception {
        write(row(1));
        store.close(true);
        try (Mounted readOnly = Mounted.readOnly(folder)) {
            StoredHistory history = history(readOnly.folder());
            history.put(row(2));
            scheduler.advance(HistoryWriter.MAINTENANCE);

            assertThat(history.findings())
                    .singleElement()
                    .satisfies(
                            f -> assertThat(f.message()).contains("cannot be used", "entries that wait in memory: 1"));
            readOnly.allowWrites();
            scheduler.advance(HistoryWriter.MAINTENANCE);
            assertThat(history.findings()).isEmpty();
            assertThat(ids(history)).containsExactly("m-2", "m-1");
            history.close();
        }
    }
}

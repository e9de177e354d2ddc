// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationJournalTest {
    @TempDir
    Path data;

    /** Definitions of migrations can contain passwords. */
    @Test
    void onlyTheServerCanReadTheFiles() throws IOException {
        Path folder = Files.createDirectory(data.resolve("migrations"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));

        MigrationJournal journal = new MigrationJournal(folder);
        journal.keep(List.of());
        journal.keep(List.of());

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(folder)) {
            Path file = files.findFirst().orElseThrow();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
    }
}

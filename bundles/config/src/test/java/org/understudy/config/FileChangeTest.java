// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileChangeTest {
    @TempDir
    Path folder;

    private Path file;
    private FileChange change;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(folder.resolve("file"), "before");
        change = new FileChange(file);
    }

    @Test
    void detectsNothingInAnUnchangedFile() {
        assertThat(change.isReloadingRequired()).isFalse();
        assertThat(change.isReloadingRequired()).isFalse();
    }

    @Test
    void detectsAChangeOnceItHasSettled() throws IOException {
        Files.writeString(file, "");
        assertThat(change.isReloadingRequired()).isFalse();
        Files.writeString(file, "afterwards");
        assertThat(change.isReloadingRequired()).isFalse();
        assertThat(change.isReloadingRequired()).isTrue();
        assertThat(change.isUnchangedSincePoll()).isTrue();

        change.reloadingPerformed();
        assertThat(change.isReloadingRequired()).isFalse();
    }

    @Test
    void detectsAWriteDuringTheReading() throws IOException {
        Files.writeString(file, "afterwards");
        change.isReloadingRequired();
        assertThat(change.isReloadingRequired()).isTrue();

        Files.writeString(file, "");

        assertThat(change.isUnchangedSincePoll()).isFalse();
        change.reloadingPerformed();
        change.isReloadingRequired();
        assertThat(change.isReloadingRequired()).isTrue();
    }

    @Test
    void detectsThatTheFileIsGone() throws IOException {
        Files.delete(file);
        change.isReloadingRequired();

        assertThat(change.isReloadingRequired()).isTrue();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.apache.commons.configuration2.reloading.ReloadingDetector;

/**
 * Detects that a file was written, replaced, created or removed. A change counts once two consecutive polls have found the
 * same file, so that a partly written file is not read.
 */
final class FileChange implements ReloadingDetector {
    private final Path file;
    private List<String> handled;
    private List<String> polled;

    FileChange(Path file) {
        this.file = file;
        this.polled = fingerprint();
        this.handled = polled;
    }

    @Override
    public synchronized boolean isReloadingRequired() {
        List<String> before = polled;
        polled = fingerprint();
        return polled.equals(before) && !polled.equals(handled);
    }

    /** False if the file was written since the last poll, so that the text read since then may be incomplete. */
    synchronized boolean isUnchangedSincePoll() {
        return fingerprint().equals(polled);
    }

    /** Marks the last detected change as handled; a change during the reading is detected by the next poll. */
    @Override
    public synchronized void reloadingPerformed() {
        handled = polled;
    }

    private List<String> fingerprint() {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return List.of(
                    String.valueOf(now.fileKey()), now.lastModifiedTime().toString(), String.valueOf(now.size()));
        } catch (IOException e) {
            return List.of();
        }
    }
}

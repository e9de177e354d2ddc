// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.apache.commons.configuration2.reloading.ReloadingDetector;

/**
 * Notices that a file was written, replaced, created or removed; an editor that renames a new file counts too. A change
 * counts once two looks in a row saw the same, so that a file being written is not taken for a short one.
 */
final class FileChange implements ReloadingDetector {
    private final Path file;
    private List<String> handled;
    private List<String> seen;

    FileChange(Path file) {
        this.file = file;
        this.seen = fingerprint();
        this.handled = seen;
    }

    @Override
    public synchronized boolean isReloadingRequired() {
        List<String> before = seen;
        seen = fingerprint();
        return seen.equals(before) && !seen.equals(handled);
    }

    /** False if the file was touched since the last look: what was read since then may be half of it. */
    synchronized boolean isAsSeen() {
        return fingerprint().equals(seen);
    }

    /** The change seen last is dealt with; one made while the file was read is seen the next time. */
    @Override
    public synchronized void reloadingPerformed() {
        handled = seen;
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

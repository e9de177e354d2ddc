// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;

/**
 * Space for the journal of running migrations on a full disk: a file that is deleted when another one cannot be written. No
 * migration starts without it. Safe for use from any thread.
 */
final class JournalReserve {
    /** About 25 entries of up to 10 KiB. */
    static final int BYTES = 1 << 18;

    private static final Logger LOG = LoggerFactory.getLogger(JournalReserve.class);
    /** One entry, with the folder that grows. */
    private static final long ENTRY = 1 << 16;

    private static final long LOW = 1 << 24;

    private final Path folder;
    private final Path file;
    private final FileAttribute<?> permissions;

    JournalReserve(Path folder, FileAttribute<?> permissions) {
        this.folder = folder;
        this.file = folder.resolve("reserve");
        this.permissions = permissions;
    }

    /** Occupies the space, unless it is occupied already. */
    synchronized void fill() throws IOException {
        if (isFull()) {
            return;
        }
        Files.deleteIfExists(file);
        byte[] incompressible = new byte[BYTES];
        new Random().nextBytes(incompressible);
        try (FileChannel out =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), permissions)) {
            ByteBuffer bytes = ByteBuffer.wrap(incompressible);
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
            out.force(true);
        } catch (IOException e) {
            release();
            throw e;
        }
    }

    private boolean isFull() {
        return file.toFile().length() == BYTES;
    }

    /** Frees the space; false if there is none. */
    synchronized boolean release() {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("Journal file {}: cannot be deleted: {}", file, e.toString());
            return false;
        }
    }

    /** Why no migration can start, or a warning of low space; empty if there is enough. Reads only. */
    synchronized List<Finding> findings() {
        long usable = folder.toFile().getUsableSpace();
        long needed = isFull() ? ENTRY : BYTES + ENTRY;
        return usable >= LOW ? List.of() : List.of(finding(usable, needed));
    }

    private Finding finding(long usable, long needed) {
        boolean blocks = usable < needed;
        return Finding.of(
                        FindingCode.STORAGE_FULL,
                        "folder " + folder,
                        "Folder %s of this server has %d KiB left; each migration needs %d KiB%s"
                                .formatted(folder, usable >> 10, needed >> 10, blocks ? ", so none can start" : ""),
                        "Free space on the file system of folder " + folder + ".")
                .as(blocks ? Severity.ERROR : Severity.WARNING);
    }
}

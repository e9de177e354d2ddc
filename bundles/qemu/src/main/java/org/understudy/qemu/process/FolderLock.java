// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Prevents two servers from managing the VMs of one folder. */
public final class FolderLock implements AutoCloseable {
    /**
     * Folders locked by this process. The kernel drops a lock when the process closes any handle of the file, so a
     * second must not be opened.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Creates the folder if needed, and locks it.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} if another server holds the lock, {@link
     *     ErrorCode#IO_FAILED}
     */
    public static FolderLock acquire(Path folder) {
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder);
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
            }
            Path real = folder.toRealPath();
            if (HELD.add(real)) {
                return lockOrRelease(real);
            }
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot use folder " + folder + ": " + e, e);
        }
        throw alreadyLocked(folder);
    }

    private static FolderLock lockOrRelease(Path folder) throws IOException {
        try {
            return lock(folder);
        } catch (IOException | RuntimeException e) {
            HELD.remove(folder);
            throw e;
        }
    }

    private static FolderLock lock(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw alreadyLocked(folder);
        }
        return new FolderLock(folder, channel);
    }

    private static UnderstudyException alreadyLocked(Path folder) {
        return new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "Folder " + folder + " is locked by another Understudy server");
    }

    @Override
    public void close() {
        try {
            channel.close();
            HELD.remove(folder);
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.IO_FAILED, "Cannot release the lock of folder " + folder + ": " + e, e);
        }
    }
}

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

/** Keeps two servers from managing the VMs of one folder. */
public final class FolderLock implements AutoCloseable {
    /** The kernel drops a process's lock when the process closes any of its handles to the file; so never open a second. */
    private static final Set<Path> TAKEN = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Makes the folder if need be, and takes its lock.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} if another server has it, {@link
     *     ErrorCode#IO_FAILED}
     */
    public static FolderLock take(Path folder) {
        try {
            if (!Files.isDirectory(folder)) {
                Files.createDirectories(folder);
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
            }
            Path real = folder.toRealPath();
            if (TAKEN.add(real)) {
                return lockedOrReleased(real);
            }
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "can't use folder " + folder + ": " + e, e);
        }
        throw taken(folder);
    }

    private static FolderLock lockedOrReleased(Path folder) throws IOException {
        try {
            return locked(folder);
        } catch (IOException | RuntimeException e) {
            TAKEN.remove(folder);
            throw e;
        }
    }

    private static FolderLock locked(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            channel.close();
            throw taken(folder);
        }
        return new FolderLock(folder, channel);
    }

    private static UnderstudyException taken(Path folder) {
        return new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "another Understudy manages the VMs in " + folder + " already");
    }

    @Override
    public void close() {
        try {
            channel.close();
            TAKEN.remove(folder);
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "can't give the folder's lock back: " + e, e);
        }
    }
}

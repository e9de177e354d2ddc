// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Keeps two servers from managing the VMs of one folder. */
public final class FolderLock implements AutoCloseable {
    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
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
            FileChannel channel =
                    FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (locked(channel)) {
                return new FolderLock(channel);
            }
            channel.close();
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "can't use folder " + folder + ": " + e, e);
        }
        throw new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE, "another Understudy manages the VMs in " + folder + " already");
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "can't give the folder's lock back: " + e, e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * The identity of a QEMU binary; an update changes at least one component.
 *
 * @param path with symbolic links resolved
 * @param stamp size, times and inode
 */
record BinaryIdentity(String path, String stamp) {
    /** @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if the file does not exist */
    static BinaryIdentity of(Path binary) {
        try {
            Path real = binary.toRealPath();
            Map<String, Object> a = Files.readAttributes(real, "unix:size,lastModifiedTime,ctime,ino,dev");
            return new BinaryIdentity(
                    real.toString(),
                    "%s %s %s %s %s"
                            .formatted(
                                    a.get("size"),
                                    a.get("lastModifiedTime"),
                                    a.get("ctime"),
                                    a.get("ino"),
                                    a.get("dev")));
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.QEMU_START_FAILED, "Cannot read QEMU binary %s: %s".formatted(binary, e), e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import org.osgi.framework.BundleContext;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;

/**
 * Identifies the server that holds a lease; stable across restarts.
 *
 * @param value letters and digits
 */
record ServerId(String value) {
    private static final int LENGTH = 12;

    /** Reads the id from the server's data folder, or creates one. */
    static ServerId of(BundleContext bundle) {
        return in(Optional.ofNullable(bundle.getProperty("karaf.data"))
                .map(data -> Path.of(data, "understudy"))
                .orElseGet(() -> bundle.getDataFile("").toPath()));
    }

    /** @throws UnderstudyException {@link ErrorCode#IO_FAILED} */
    static ServerId in(Path folder) {
        Path file = folder.resolve("server-id");
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(folder);
                Path fresh = folder.resolve("server-id.new");
                Files.writeString(
                        fresh, UUID.randomUUID().toString().replace("-", "").substring(0, LENGTH) + "\n");
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return new ServerId(Files.readString(file).strip());
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "File " + file + " cannot be used: " + e, e);
        }
    }

    /** Includes the host, because two configured hosts may be the same machine. */
    String owner(HostName host) {
        return value + ":" + host;
    }
}

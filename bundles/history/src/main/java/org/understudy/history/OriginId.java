// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** The id of this server, which its rows and its VF leases have; in a file of its data folder. */
final class OriginId {
    private static final int LENGTH = 12;

    private OriginId() {}

    /** Reads the id, or creates it; never replaces one. */
    static String in(Path folder) throws IOException {
        Path file = folder.resolve("server-id");
        if (!Files.exists(file)) {
            Files.createDirectories(folder);
            Path fresh = Files.createTempFile(folder, "server-id", ".new");
            try {
                Files.writeString(
                        fresh, UUID.randomUUID().toString().replace("-", "").substring(0, LENGTH) + "\n");
                Files.move(fresh, file);
            } catch (FileAlreadyExistsException e) {
                // The bundle hostnic was faster.
            } finally {
                Files.deleteIfExists(fresh);
            }
        }
        return Files.readString(file).strip();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.UUID;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.ServerIdentity;

/** Keeps the id of this server in its data folder. The first use creates it. */
@Component
public final class StoredIdentity implements ServerIdentity {
    private static final int LENGTH = 12;

    private final Path folder;
    private Optional<String> known = Optional.empty();

    @Activate
    public StoredIdentity(BundleContext bundle) {
        this(Optional.ofNullable(bundle.getProperty("karaf.data"))
                .map(data -> Path.of(data, "understudy"))
                .orElseGet(() -> bundle.getDataFile("").toPath()));
    }

    StoredIdentity(Path folder) {
        this.folder = folder;
    }

    @Override
    public synchronized String id() {
        String id = known.orElseGet(this::read);
        known = Optional.of(id);
        return id;
    }

    private String read() {
        Path file = folder.resolve("server-id");
        try {
            if (!Files.exists(file)) {
                Files.createDirectories(folder);
                Path fresh = folder.resolve("server-id.new");
                Files.writeString(
                        fresh, UUID.randomUUID().toString().replace("-", "").substring(0, LENGTH) + "\n");
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "File " + file + " cannot be used: " + e, e);
        }
    }
}

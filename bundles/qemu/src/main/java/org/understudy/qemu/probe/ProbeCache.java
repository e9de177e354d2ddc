// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.json.ForeignJson;

/**
 * Caches probe results in memory and in JSON files, each valid while its key is unchanged. An unreadable or unwritable
 * file only causes another probe.
 */
final class ProbeCache {
    private static final Logger LOG = LoggerFactory.getLogger(ProbeCache.class);
    private static final JsonMapper JSON = ForeignJson.MAPPER;

    private record Entry(String key, Object value) {}

    private final Path folder;
    private final Map<String, Entry> memory = new ConcurrentHashMap<>();

    /** @param folder created if it does not exist */
    ProbeCache(Path folder) {
        this.folder = folder;
    }

    /** The last value stored under the name, if it was stored with this key. */
    <T> Optional<T> find(String name, String key, Class<T> type) {
        Entry entry = memory.get(name);
        if (entry != null && entry.key().equals(key)) {
            return Optional.of(type.cast(entry.value()));
        }
        Optional<T> stored = read(name, key, type);
        stored.ifPresent(value -> memory.put(name, new Entry(key, value)));
        return stored;
    }

    /** Stores a value in memory and in a file. */
    void store(String name, String key, Object value) {
        memory.put(name, new Entry(key, value));
        try {
            Files.createDirectories(folder);
            Path written = Files.createTempFile(folder, name, ".new");
            JSON.writeValue(written.toFile(), new Entry(key, value));
            Files.move(written, file(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn(
                    "Probe cache {}: result could not be stored, the probe is repeated after a restart of Understudy",
                    folder,
                    e);
        }
    }

    private <T> Optional<T> read(String name, String key, Class<T> type) {
        Path file = file(name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode entry = JSON.readTree(file.toFile());
            return entry.path("key").asText().equals(key)
                    ? Optional.of(JSON.treeToValue(entry.path("value"), type))
                    : Optional.empty();
        } catch (IOException | RuntimeException e) {
            LOG.warn("Probe cache file {}: unreadable, repeating the probe", file, e);
            return Optional.empty();
        }
    }

    private Path file(String name) {
        return folder.resolve(name + ".json");
    }
}

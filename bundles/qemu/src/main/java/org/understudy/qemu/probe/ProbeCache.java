// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers answers in memory and in JSON files, each as long as its key stays the same. A file that can't be read or
 * written costs a new probe and nothing else.
 */
final class ProbeCache {
    private static final Logger LOG = LoggerFactory.getLogger(ProbeCache.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private record Entry(String key, Object value) {}

    private final Path folder;
    private final Map<String, Entry> memory = new ConcurrentHashMap<>();

    /** @param folder made if it is not there */
    ProbeCache(Path folder) {
        this.folder = folder;
    }

    /** What was put last under the name, if it was put with this key. */
    <T> Optional<T> find(String name, String key, Class<T> type) {
        Entry entry = memory.get(name);
        if (entry != null && entry.key().equals(key)) {
            return Optional.of(type.cast(entry.value()));
        }
        Optional<T> stored = read(name, key, type);
        stored.ifPresent(value -> memory.put(name, new Entry(key, value)));
        return stored;
    }

    /** Remembers until the server ends. */
    void keep(String name, String key, Object value) {
        memory.put(name, new Entry(key, value));
    }

    /** Remembers in a file as well. */
    void store(String name, String key, Object value) {
        keep(name, key, value);
        try {
            Files.createDirectories(folder);
            Path written = Files.createTempFile(folder, name, ".new");
            JSON.writeValue(written.toFile(), new Entry(key, value));
            Files.move(written, file(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("the result of a probe could not be stored in {}", folder, e);
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
            LOG.warn("{} is no result of a probe; the probe is made anew", file, e);
            return Optional.empty();
        }
    }

    private Path file(String name) {
        return folder.resolve(name + ".json");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.json.testing;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.understudy.api.MacAddress;
import org.understudy.api.VmName;
import org.understudy.api.xml.DomainDocument;

/** Builds a value for any component type of the API's records. */
public enum Samples {
    /** Every optional is present, and every collection has one element. */
    FULL,
    /** Every optional and every collection is empty. */
    SPARSE;

    private static final Map<Class<?>, Object> SIMPLE = Map.ofEntries(
            Map.entry(String.class, "text"),
            Map.entry(int.class, 7),
            Map.entry(Integer.class, 7),
            Map.entry(long.class, 8L),
            Map.entry(Long.class, 8L),
            Map.entry(boolean.class, true),
            Map.entry(Boolean.class, true),
            Map.entry(UUID.class, new UUID(1, 2)),
            Map.entry(Instant.class, Instant.parse("2026-11-01T10:15:00Z")),
            Map.entry(Duration.class, Duration.ofNanos(20_500_000)),
            Map.entry(MacAddress.class, new MacAddress("52:54:00:11:22:33")));

    /** Every record of the API, found in its class files so that none is missed; in the order of their names. */
    public static List<Class<?>> everyRecord() throws IOException, URISyntaxException, ClassNotFoundException {
        URI place =
                VmName.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        Path home = Path.of(place);
        if (Files.isDirectory(home)) {
            return recordsBelow(home);
        }
        try (FileSystem jar = FileSystems.newFileSystem(home)) {
            return recordsBelow(jar.getPath("/"));
        }
    }

    private static List<Class<?>> recordsBelow(Path root) throws IOException, ClassNotFoundException {
        List<Class<?>> records = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.filter(f -> f.toString().endsWith(".class"))
                    .filter(f -> !f.toString().contains("-info"))
                    .sorted()::iterator) {
                String name = root.relativize(file).toString().replace('/', '.');
                Class<?> type = Class.forName(name.substring(0, name.length() - ".class".length()));
                if (type.isRecord() && !type.getPackage().equals(DomainDocument.class.getPackage())) {
                    records.add(type);
                }
            }
        }
        return records;
    }

    /** For a sealed interface, the first of its forms. */
    public Object of(Type type) {
        if (type instanceof ParameterizedType generic) {
            return container(generic);
        } else if (type instanceof TypeVariable) {
            return SIMPLE.get(String.class);
        }
        Class<?> raw = (Class<?>) type;
        if (raw == OptionalInt.class) {
            return this == FULL ? OptionalInt.of(7) : OptionalInt.empty();
        } else if (raw == OptionalLong.class) {
            return this == FULL ? OptionalLong.of(8) : OptionalLong.empty();
        } else if (SIMPLE.containsKey(raw)) {
            return SIMPLE.get(raw);
        } else if (raw.isEnum()) {
            return raw.getEnumConstants()[raw.getEnumConstants().length - 1];
        } else if (raw.isSealed()) {
            return of(raw.getPermittedSubclasses()[0]);
        }
        return record(raw);
    }

    private Object container(ParameterizedType generic) {
        Class<?> raw = (Class<?>) generic.getRawType();
        Type[] parts = generic.getActualTypeArguments();
        if (raw == Optional.class) {
            return this == FULL ? Optional.of(of(parts[0])) : Optional.empty();
        } else if (raw == List.class) {
            return this == FULL ? List.of(of(parts[0])) : List.of();
        } else if (raw == Set.class) {
            return this == FULL ? Set.of(of(parts[0])) : Set.of();
        } else if (raw == Map.class) {
            return this == FULL ? Map.of(of(parts[0]), of(parts[1])) : Map.of();
        }
        throw new AssertionError("No sample for " + generic);
    }

    private Object record(Class<?> raw) {
        RecordComponent[] parts = raw.getRecordComponents();
        try {
            Constructor<?> constructor = raw.getDeclaredConstructor(
                    Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            return constructor.newInstance(
                    Arrays.stream(parts).map(p -> of(p.getGenericType())).toArray());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("No sample for " + raw, e);
        }
    }
}

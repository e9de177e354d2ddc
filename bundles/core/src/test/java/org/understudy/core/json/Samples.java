// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.json;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.understudy.api.MacAddress;

/** Builds a value for any component type of the vocabulary, with every optional present. */
final class Samples {
    private static final Map<Class<?>, Object> SIMPLE = Map.ofEntries(
            Map.entry(String.class, "text"),
            Map.entry(int.class, 7),
            Map.entry(Integer.class, 7),
            Map.entry(long.class, 8L),
            Map.entry(boolean.class, true),
            Map.entry(Boolean.class, true),
            Map.entry(OptionalInt.class, OptionalInt.of(7)),
            Map.entry(OptionalLong.class, OptionalLong.of(8)),
            Map.entry(UUID.class, new UUID(1, 2)),
            Map.entry(Instant.class, Instant.parse("2026-11-01T10:15:00Z")),
            Map.entry(Duration.class, Duration.ofNanos(20_500_000)),
            Map.entry(MacAddress.class, new MacAddress("52:54:00:11:22:33")));

    private Samples() {}

    static Object of(Type type) {
        if (type instanceof ParameterizedType generic) {
            return container(generic);
        }
        Class<?> raw = (Class<?>) type;
        if (SIMPLE.containsKey(raw)) {
            return SIMPLE.get(raw);
        } else if (raw.isEnum()) {
            return raw.getEnumConstants()[raw.getEnumConstants().length - 1];
        } else if (raw.isSealed()) {
            return of(raw.getPermittedSubclasses()[0]);
        }
        return record(raw);
    }

    private static Object container(ParameterizedType generic) {
        Object first = of(generic.getActualTypeArguments()[0]);
        Class<?> raw = (Class<?>) generic.getRawType();
        if (raw == Optional.class) {
            return Optional.of(first);
        } else if (raw == List.class) {
            return List.of(first);
        } else if (raw == Set.class) {
            return Set.of(first);
        } else if (raw == Map.class) {
            return Map.of(first, of(generic.getActualTypeArguments()[1]));
        }
        throw new AssertionError("No sample for " + generic);
    }

    private static Object record(Class<?> raw) {
        RecordComponent[] parts = raw.getRecordComponents();
        try {
            Constructor<?> constructor = raw.getDeclaredConstructor(
                    Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new));
            return constructor.newInstance(
                    Arrays.stream(parts).map(p -> of(p.getGenericType())).toArray());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("No sample for " + raw, e);
        }
    }
}

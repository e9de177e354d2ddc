// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Writes a value and its parts by the rules of {@link org.understudy.api.JsonView}. */
record ValueWriter(JsonGenerator json) {

    void write(Object value) throws IOException {
        if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (value instanceof Number number) {
            json.writeNumber(new BigDecimal(number.toString()));
        } else if (value instanceof Duration duration) {
            json.writeNumber(millis(duration));
        } else if (value instanceof Iterable<?> items) {
            writeArray(items);
        } else if (value instanceof Map<?, ?> map) {
            writeMap(map);
        } else if (value instanceof Record data && !isText(data)) {
            writeRecord(data);
        } else {
            json.writeString(text(value));
        }
    }

    private void writeArray(Iterable<?> items) throws IOException {
        json.writeStartArray();
        for (Object item : items) {
            write(item);
        }
        json.writeEndArray();
    }

    private void writeMap(Map<?, ?> map) throws IOException {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            writeField(text(entry.getKey()), entry.getValue());
        }
        json.writeEndObject();
    }

    private void writeRecord(Record data) throws IOException {
        json.writeStartObject();
        if (isVariant(data)) {
            json.writeStringField("kind", kebab(data.getClass().getSimpleName()));
        }
        for (RecordComponent component : data.getClass().getRecordComponents()) {
            writeField(component.getName(), read(data, component));
        }
        json.writeEndObject();
    }

    private void writeField(String name, Object maybe) throws IOException {
        Optional<?> present = unwrap(maybe);
        if (present.isPresent()) {
            json.writeFieldName(present.get() instanceof Duration ? name + "Ms" : name);
            write(present.get());
        }
    }

    private static Optional<?> unwrap(Object maybe) {
        if (maybe instanceof Optional<?> optional) {
            return optional;
        } else if (maybe instanceof OptionalInt number) {
            return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
        } else if (maybe instanceof OptionalLong number) {
            return number.isPresent() ? Optional.of(number.getAsLong()) : Optional.empty();
        }
        return Optional.of(maybe);
    }

    /** A record with its own {@code toString}, such as a name or a PCI address, is written as text. */
    private static boolean isText(Record data) {
        return !data.toString().startsWith(data.getClass().getSimpleName() + "[");
    }

    /** True for one of the forms of a sealed interface, which {@code kind} distinguishes. */
    private static boolean isVariant(Record data) {
        return Arrays.stream(data.getClass().getInterfaces()).anyMatch(Class::isSealed);
    }

    private static String text(Object value) {
        if (value instanceof Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
        } else if (value instanceof CharSequence
                || value instanceof Instant
                || value instanceof UUID
                || value instanceof Record) {
            return value.toString();
        }
        throw new UnderstudyException(ErrorCode.INTERNAL, value.getClass() + " has no JSON form");
    }

    /** Milliseconds with up to three decimals: {@code 12}, {@code 12.5}, {@code 12.345}. */
    private static BigDecimal millis(Duration duration) {
        return BigDecimal.valueOf(duration.toNanos(), 6)
                .setScale(3, RoundingMode.HALF_UP)
                .stripTrailingZeros();
    }

    /** {@code NotMeasured} becomes {@code not-measured}. */
    private static String kebab(String name) {
        return name.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    private static Object read(Record data, RecordComponent component) {
        try {
            return component.getAccessor().invoke(data);
        } catch (ReflectiveOperationException e) {
            throw new UnderstudyException(
                    ErrorCode.INTERNAL, component + " of " + data.getClass() + " cannot be read", e);
        }
    }
}

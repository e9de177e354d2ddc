// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.understudy.json.ForeignJson;

/**
 * The value of one QEMU option in key=value form, which every supported version accepts. A comma inside a value is
 * doubled, as QEMU requires.
 */
final class Options {
    /** The implied key of the first value. */
    private static final String IMPLIED = "driver";

    private static final JsonMapper JSON = ForeignJson.MAPPER;

    private final List<Map.Entry<String, String>> pairs = new ArrayList<>();
    private final boolean implied;

    private Options(boolean implied) {
        this.implied = implied;
    }

    /** @param first the value without a key, such as the driver of a device */
    Options(String first) {
        this(true);
        add(IMPLIED, first);
    }

    static Options of(String key, String value) {
        return new Options(false).add(key, value);
    }

    Options add(String key, Object value) {
        pairs.add(Map.entry(key, value.toString()));
        return this;
    }

    Options add(String key, Optional<?> value) {
        value.ifPresent(v -> add(key, v));
        return this;
    }

    Options on(String key, boolean condition) {
        return condition ? add(key, "on") : this;
    }

    /** Adds strings of the form {@code key=value}. */
    Options addAll(List<String> texts) {
        texts.forEach(t -> add(t.substring(0, t.indexOf('=')), t.substring(t.indexOf('=') + 1)));
        return this;
    }

    /** The same for QMP, with typed numbers and booleans. */
    Map<String, Object> asArguments() {
        Map<String, Object> arguments = new LinkedHashMap<>();
        pairs.forEach(p -> arguments.put(p.getKey(), typed(p.getValue())));
        return arguments;
    }

    /** The same in the JSON syntax of {@code -device}. */
    String asJson() {
        try {
            return JSON.writeValueAsString(asArguments());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object typed(String value) {
        if (value.equals("on") || value.equals("off")) {
            return value.equals("on");
        }
        return value.matches("\\d{1,9}") ? Integer.valueOf(value) : value;
    }

    @Override
    public String toString() {
        String text = pairs.stream()
                .map(p -> p.getKey() + "=" + p.getValue().replace(",", ",,"))
                .collect(Collectors.joining(","));
        return implied ? text.substring(IMPLIED.length() + 1) : text;
    }
}

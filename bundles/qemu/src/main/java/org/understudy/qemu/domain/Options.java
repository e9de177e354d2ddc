// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The value of one QEMU option in key=value form, which every supported version takes. A comma inside a value is
 * doubled, as QEMU wants it.
 */
final class Options {
    private final List<String> parts = new ArrayList<>();

    Options(String first) {
        parts.add(escape(first));
    }

    static Options of(String key, String value) {
        Options options = new Options("");
        options.parts.clear();
        return options.add(key, value);
    }

    Options add(String key, Object value) {
        parts.add(key + "=" + escape(value.toString()));
        return this;
    }

    Options add(String key, Optional<?> value) {
        value.ifPresent(v -> add(key, v));
        return this;
    }

    Options on(String key, boolean condition) {
        return condition ? add(key, "on") : this;
    }

    /** Adds {@code key=value} pairs as they are, apart from commas. */
    Options all(List<String> pairs) {
        pairs.forEach(p -> parts.add(escape(p)));
        return this;
    }

    private static String escape(String value) {
        return value.replace(",", ",,");
    }

    @Override
    public String toString() {
        return String.join(",", parts);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Parses and writes enum constants in their JSON form. */
final class EnumParser {
    private EnumParser() {}

    static <E extends Enum<E>> E parse(Class<E> type, String text) {
        List<String> words =
                Arrays.stream(type.getEnumConstants()).map(EnumParser::word).toList();
        if (!words.contains(text)) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "'" + text + "' is not one of " + words);
        }
        return type.getEnumConstants()[words.indexOf(text)];
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

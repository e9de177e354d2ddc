// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Arrays;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Parses enum constants as the shell prints them. */
final class EnumArguments {
    private EnumArguments() {}

    static <E extends Enum<E>> E parse(Class<E> type, String text) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> TextView.word(constant).equals(text))
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.INVALID_ARGUMENT,
                        "'" + text + "' is not one of "
                                + Arrays.stream(type.getEnumConstants())
                                        .map(TextView::word)
                                        .toList()));
    }
}

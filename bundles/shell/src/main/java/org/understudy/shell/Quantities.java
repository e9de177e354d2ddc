// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Parses amounts with a unit. */
final class Quantities {
    private static final Pattern BYTES = Pattern.compile("(\\d{1,12})([KMG]?)");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s)");

    private Quantities() {}

    /** Parses {@code 1048576}, {@code 1024K}, {@code 1M} or {@code 2G}. */
    static long bytes(String text) {
        Matcher m = BYTES.matcher(text);
        if (!m.matches() || Long.parseLong(m.group(1)) == 0) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "'" + text + "' is not an amount such as 1048576, 1024K, 1M or 2G");
        }
        return Long.parseLong(m.group(1)) << 10 * (m.group(2).isEmpty() ? 0 : "KMG".indexOf(m.group(2)) + 1);
    }

    /** Parses {@code 300ms} or {@code 1s}. */
    static Duration duration(String text) {
        Matcher m = DURATION.matcher(text);
        if (!m.matches()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "'" + text + "' is not a duration such as 300ms or 1s");
        }
        long amount = Long.parseLong(m.group(1));
        return m.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
    }
}

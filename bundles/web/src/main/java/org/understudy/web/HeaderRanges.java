// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Reads headers such as {@code Accept: application/json;q=0.5, text/*}. Source: RFC 9110, 12.4. */
final class HeaderRanges {
    private HeaderRanges() {}

    /** Whether the header accepts the value, by the most specific of its ranges. */
    static boolean accept(String header, String value) {
        return Arrays.stream(header.toLowerCase(Locale.ROOT).split(","))
                .map(range -> Arrays.stream(range.split(";")).map(String::strip).toList())
                .filter(range -> includes(range.get(0), value))
                .max(Comparator.comparingInt(
                        range -> range.get(0).replace("*", "").length()))
                .map(HeaderRanges::isWanted)
                .orElse(false);
    }

    private static boolean includes(String range, String value) {
        return range.equals("*")
                || range.equals("*/*")
                || range.equals(value)
                || range.endsWith("/*") && value.startsWith(range.substring(0, range.length() - 1));
    }

    private static boolean isWanted(List<String> range) {
        return range.stream().noneMatch(parameter -> parameter.matches("q=0(\\.0*)?"));
    }
}

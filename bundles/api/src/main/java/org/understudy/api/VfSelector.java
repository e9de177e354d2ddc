// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Selects the VFs of a pool. A VF matches if it matches every part that is present.
 *
 * @param text as written, and as printed
 * @param pf the network device of its PF, or an alternative name of it
 * @param address its own address, or that of its PF
 * @param indexes its number on its PF is in one of these; empty: any
 * @param vendor four hexadecimal digits
 * @param device four hexadecimal digits
 * @param driver the kernel driver of its PF; that of the VF depends on its use
 * @param numaNode its NUMA node
 */
public record VfSelector(
        String text,
        Optional<String> pf,
        Optional<PciAddress> address,
        List<Range> indexes,
        Optional<String> vendor,
        Optional<String> device,
        Optional<String> driver,
        OptionalInt numaNode) {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");
    private static final Pattern NETDEV = Pattern.compile("[^\\s/#=,]{1,127}");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final Pattern HEX = Pattern.compile("(?:0x)?([0-9a-f]{4})");
    private static final Pattern NODE = Pattern.compile("\\d{1,4}");

    /**
     * Numbers of VFs, both ends included.
     *
     * @param first the lowest number, from 0
     * @param last the highest number
     */
    public record Range(int first, int last) {
        /**
         * {@return whether a number is in the range}
         *
         * @param index the number of a VF, from 0
         */
        public boolean contains(int index) {
            return first <= index && index <= last;
        }
    }

    /**
     * Reads terms with space between them. The first may be a PF's network device or a PCI address, each with ranges:
     * {@code eno1}, {@code eno1#0-7}, {@code eno1#0-3,6}, {@code 0000:01:10.2}. The others have a key: {@code
     * vendor=8086}, {@code device=154c}, {@code driver=i40e}, {@code numa=1}.
     *
     * @param text the terms
     * @return the selector
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text has another form
     */
    public static VfSelector parse(String text) {
        Map<String, String> terms = new HashMap<>();
        for (String term : text.strip().split("\\s+")) {
            int sign = term.indexOf('=');
            String key = sign < 0 ? "" : term.substring(0, sign);
            if (terms.put(key, term.substring(sign + 1)) != null) {
                throw invalid(text, "a term is given twice");
            }
        }
        Optional<String> place = take(terms, "", Function.identity());
        Optional<String> name = place.map(p -> p.replaceFirst("#.*", ""));
        Optional<PciAddress> address = name.filter(n -> n.indexOf(':') >= 0).map(PciAddress::parse);
        VfSelector selector = new VfSelector(
                text.strip(),
                name.filter(n -> address.isEmpty()).map(n -> require(text, NETDEV, n, 0)),
                address,
                place.filter(p -> p.indexOf('#') >= 0)
                        .map(p -> ranges(text, p.substring(p.indexOf('#') + 1)))
                        .orElse(List.of()),
                take(terms, "vendor", v -> require(text, HEX, v.toLowerCase(Locale.ROOT), 1)),
                take(terms, "device", v -> require(text, HEX, v.toLowerCase(Locale.ROOT), 1)),
                take(terms, "driver", v -> require(text, WORD, v, 0)),
                take(terms, "numa", v -> Integer.valueOf(require(text, NODE, v, 0)))
                        .map(OptionalInt::of)
                        .orElse(OptionalInt.empty()));
        if (!terms.isEmpty()) {
            throw invalid(text, "unknown key '" + terms.keySet().iterator().next() + "'");
        }
        return selector;
    }

    private static <T> Optional<T> take(Map<String, String> terms, String key, Function<String, T> read) {
        return Optional.ofNullable(terms.remove(key)).map(read);
    }

    private static List<Range> ranges(String text, String written) {
        List<Range> ranges = new ArrayList<>();
        Arrays.stream(written.split(",", -1)).forEach(part -> {
            Matcher m = RANGE.matcher(part);
            if (!m.matches()) {
                throw invalid(text, "'" + part + "' is not a range of VF numbers");
            }
            int first = Integer.parseInt(m.group(1));
            int last = m.group(2) == null ? first : Integer.parseInt(m.group(2));
            if (last < first) {
                throw invalid(text, "range " + part + " ends before it starts");
            }
            ranges.add(new Range(first, last));
        });
        return List.copyOf(ranges);
    }

    private static String require(String text, Pattern form, String value, int group) {
        Matcher m = form.matcher(value);
        if (!m.matches()) {
            throw invalid(text, "'" + value + "' is not a valid value");
        }
        return m.group(group);
    }

    private static UnderstudyException invalid(String text, String problem) {
        return new UnderstudyException(
                ErrorCode.INVALID_ARGUMENT,
                "VF selector '" + text + "' is invalid: " + problem
                        + "; write a PF such as eno1#0-7, a PCI address, vendor=, device=, driver= or numa=");
    }

    @Override
    public String toString() {
        return text;
    }
}

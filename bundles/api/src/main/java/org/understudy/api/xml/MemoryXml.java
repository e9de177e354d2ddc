// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads amounts of memory, such as {@code <memory unit='MiB'>64</memory>}. Source: libvirt's virScaleInteger. */
public final class MemoryXml {
    /** The unit of an amount without one. Source: libvirt's {@code formatdomain}, memory and memtune. */
    public static final String DEFAULT_UNIT = "KiB";

    private MemoryXml() {}

    /**
     * {@return the bytes; empty if the amount or its unit is unreadable, or too large}
     *
     * @param amount an element with an amount, and maybe a unit
     */
    public static OptionalLong bytes(XmlElement amount) {
        return bytes(amount.content(), amount.attributeOr("unit", DEFAULT_UNIT));
    }

    /**
     * {@return the bytes; empty if the amount or its unit is unreadable, or too large}
     *
     * @param amount a whole number
     * @param unit such as {@code KiB}
     */
    public static OptionalLong bytes(String amount, String unit) {
        try {
            BigDecimal value = BigDecimal.valueOf(Long.parseLong(amount.strip()));
            Optional<BigDecimal> factor = factor(unit);
            return factor.isPresent() && value.signum() >= 0
                    ? OptionalLong.of(factor.get().multiply(value).longValueExact())
                    : OptionalLong.empty();
        } catch (ArithmeticException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /**
     * {@return true if libvirt knows the unit}
     *
     * @param unit such as {@code KiB}
     */
    public static boolean isUnit(String unit) {
        return factor(unit).isPresent();
    }

    /** A single letter and a letter with iB are powers of 1024, a letter with B is a power of 1000; in any case. */
    private static Optional<BigDecimal> factor(String name) {
        String unit = name.toLowerCase(Locale.ROOT);
        if (unit.equals("b") || unit.equals("bytes")) {
            return Optional.of(BigDecimal.ONE);
        }
        int power = unit.isEmpty() ? 0 : "kmgtpe".indexOf(unit.charAt(0)) + 1;
        return switch (unit.isEmpty() ? "" : unit.substring(1)) {
            case "", "ib" -> scale(1024, power);
            case "b" -> scale(1000, power);
            default -> Optional.empty();
        };
    }

    private static Optional<BigDecimal> scale(int base, int power) {
        return power == 0
                ? Optional.empty()
                : Optional.of(BigDecimal.valueOf(base).pow(power));
    }
}

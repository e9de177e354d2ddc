// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A PCI address, printed as {@code 0000:01:10.2}.
 *
 * @param domain 0 to 0xffffffff; some host bridges, such as those of VMD, have more than 16 bits
 * @param bus 0 to 0xff
 * @param slot 0 to 0x1f
 * @param function 0 to 7
 */
public record PciAddress(long domain, int bus, int slot, int function) implements Comparable<PciAddress> {
    private static final long MAX_DOMAIN = 0xffffffffL;
    private static final Comparator<PciAddress> ORDER = Comparator.comparingLong(PciAddress::domain)
            .thenComparingInt(PciAddress::bus)
            .thenComparingInt(PciAddress::slot)
            .thenComparingInt(PciAddress::function);
    private static final Pattern FORM =
            Pattern.compile("(?:([0-9a-fA-F]{1,8}):)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])");

    /**
     * Checks the values.
     *
     * @param domain 0 to 0xffffffff
     * @param bus 0 to 0xff
     * @param slot 0 to 0x1f
     * @param function 0 to 7
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if a part is out of range
     */
    public PciAddress {
        if (domain < 0
                || domain > MAX_DOMAIN
                || bus < 0
                || bus > 0xff
                || slot < 0
                || slot > 0x1f
                || function < 0
                || function > 7) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    "PCI address with domain %d, bus %d, slot %d, function %d is out of range"
                            .formatted(domain, bus, slot, function));
        }
    }

    /**
     * Reads {@code 0000:01:10.2} or, for domain 0, {@code 01:10.2}.
     *
     * @param text the address
     * @return the address
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text has another form
     */
    public static PciAddress parse(String text) {
        Matcher m = FORM.matcher(text.strip());
        if (!m.matches()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "PCI address '" + text + "' is not of the form 0000:01:10.2");
        }
        long domain = m.group(1) == null ? 0 : Long.parseLong(m.group(1), 16);
        return new PciAddress(
                domain,
                Integer.parseInt(m.group(2), 16),
                Integer.parseInt(m.group(3), 16),
                Integer.parseInt(m.group(4)));
    }

    @Override
    public int compareTo(PciAddress other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return "%04x:%02x:%02x.%d".formatted(domain, bus, slot, function);
    }
}

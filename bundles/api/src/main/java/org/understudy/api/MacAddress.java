// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An Ethernet address in lower case with colons, such as {@code 52:54:00:11:22:33}.
 *
 * @param value six octets in hexadecimal of two digits
 */
public record MacAddress(String value) {
    // Source: virMacAddrParse in libvirt, which also accepts octets of one digit.
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}");

    private static final Pattern ONE_DIGIT = Pattern.compile("(?<![0-9a-f])[0-9a-f](?![0-9a-f])");

    /**
     * Checks the value.
     *
     * @param value six octets in hexadecimal; upper case becomes lower case, and an octet of one digit gets a zero
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text is not a MAC address
     */
    public MacAddress {
        value = value.strip().toLowerCase(Locale.ROOT);
        if (!FORM.matcher(value).matches()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "MAC address '" + value + "' is not of the form 52:54:00:11:22:33");
        }
        value = ONE_DIGIT.matcher(value).replaceAll("0$0");
    }

    /** {@return true unless the group bit is set or all octets are zero} */
    public boolean isUnicast() {
        return (Integer.parseInt(value.substring(0, 2), 16) & 1) == 0 && !value.equals("00:00:00:00:00:00");
    }

    @Override
    public String toString() {
        return value;
    }
}

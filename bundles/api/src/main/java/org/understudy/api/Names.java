// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.regex.Pattern;

/** The rule for names that become part of file names, QEMU ids and URLs. */
final class Names {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");

    private Names() {}

    static boolean isValid(String value) {
        return FORM.matcher(value).matches();
    }

    static void require(String what, String value) {
        if (!isValid(value)) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    what + " '" + value
                            + "' must be 1 to 64 letters, digits, '.', '-' or '_' and not start with '.' or '-'");
        }
    }
}

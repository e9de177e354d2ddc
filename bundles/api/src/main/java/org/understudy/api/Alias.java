// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * The name of one device of one VM: libvirt's {@code <alias name='ua-...'/>} and QEMU's device id.
 *
 * @param value letters, digits, hyphen and underscore; 1 to 64 characters
 */
public record Alias(String value) implements Comparable<Alias> {
    /**
     * Checks the value.
     *
     * @param value letters, digits, hyphen and underscore; 1 to 64 characters
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the alias has another form
     */
    public Alias {
        Names.require("Alias", value);
    }

    /** {@return true if libvirt keeps this alias; it drops every alias that does not start with {@code ua-}} */
    public boolean isUserAlias() {
        return value.startsWith("ua-");
    }

    @Override
    public int compareTo(Alias other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * The name of a VM, unique among the hosts of one server.
 *
 * @param value letters, digits, dot, hyphen and underscore; 1 to 64 characters
 */
public record VmName(String value) implements Comparable<VmName> {
    /**
     * Checks the value.
     *
     * @param value letters, digits, dot, hyphen and underscore; 1 to 64 characters
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the name has another form
     */
    public VmName {
        Names.require("VM name", value);
    }

    @Override
    public int compareTo(VmName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}

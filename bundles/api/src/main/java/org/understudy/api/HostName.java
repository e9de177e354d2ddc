// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * The name of a host in the configuration.
 *
 * @param value letters, digits, dot, hyphen and underscore; 1 to 64 characters
 */
public record HostName(String value) implements Comparable<HostName> {
    /**
     * Checks the value.
     *
     * @param value letters, digits, dot, hyphen and underscore; 1 to 64 characters
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the name has another form
     */
    public HostName {
        Names.require("Host name", value);
    }

    @Override
    public int compareTo(HostName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * The name of a VF pool.
 *
 * @param value letters, digits, dot, hyphen and underscore; 1 to 64 characters
 */
public record PoolName(String value) implements Comparable<PoolName> {
    /**
     * Checks the value.
     *
     * @param value letters, digits, dot, hyphen and underscore; 1 to 64 characters
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the name has another form
     */
    public PoolName {
        Names.require("Pool name", value);
    }

    @Override
    public int compareTo(PoolName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}

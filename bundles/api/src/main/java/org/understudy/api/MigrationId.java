// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * The id of a migration, unique among all servers that migrate the VM.
 *
 * @param value such as {@code m-20261101-101500-48213905}
 */
public record MigrationId(String value) {
    /**
     * Checks the value.
     *
     * @param value such as {@code m-20261101-101500-48213905}
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the id has another form
     */
    public MigrationId {
        Names.require("Migration id", value);
    }

    @Override
    public String toString() {
        return value;
    }
}

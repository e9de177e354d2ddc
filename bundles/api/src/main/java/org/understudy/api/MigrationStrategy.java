// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How the primaries are unplugged on the source and plugged on the destination. */
public enum MigrationStrategy {
    /**
     * QEMU's failover: QEMU unplugs at the start of the migration and plugs while it loads the VM, within the downtime.
     * After a failed migration QEMU plugs the primaries again.
     */
    AUTOMATIC,
    /**
     * The primaries are unplugged before QEMU starts the migration, and plugged when the guest runs on the destination.
     * The time in which VFIO opens a VF is not part of the downtime.
     */
    EXPLICIT;

    /**
     * Reads {@code automatic} or {@code explicit}.
     *
     * @param text one of the two
     * @return the strategy
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for another text
     */
    public static MigrationStrategy parse(String text) {
        return switch (text) {
            case "automatic" -> AUTOMATIC;
            case "explicit" -> EXPLICIT;
            default ->
                throw new UnderstudyException(
                        ErrorCode.INVALID_ARGUMENT, "'" + text + "' is not a strategy; use automatic or explicit");
        };
    }
}

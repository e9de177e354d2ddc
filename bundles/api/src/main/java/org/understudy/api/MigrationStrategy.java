// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How a guest parts with its primaries and gets those of the destination. */
public enum MigrationStrategy {
    /**
     * QEMU's failover: it unplugs when it begins to send, and plugs while it loads the VM, within the downtime. After a
     * migration that failed QEMU plugs again by itself.
     */
    AUTOMATIC,
    /**
     * The primaries are unplugged before QEMU begins to send, and plugged when the guest runs on the destination. What
     * VFIO takes to open a VF is not part of the downtime.
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
                        ErrorCode.INVALID_ARGUMENT, "'" + text + "' is no strategy: automatic or explicit");
        };
    }
}

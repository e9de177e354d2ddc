// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * One heartbeat as it is sent. Source: docs/heartbeat.md, version 1.
 *
 * @param path {@code primary}, {@code standby} or {@code unknown}, as the guest saw it
 * @param sequence increases by one with each packet of one run of the sender
 * @param senderNanos the guest's monotonic clock
 * @param stream the VM, 0 to 4294967295
 */
record HeartbeatPacket(String path, long sequence, long senderNanos, long stream) {
    static final int BYTES = 64;
    private static final int MAGIC = 0x55534842;
    private static final byte VERSION = 1;
    private static final long UNSIGNED = 0xffff_ffffL;

    /** Reads from the buffer's position; empty if it is not a heartbeat of a known version. */
    static Optional<HeartbeatPacket> parse(ByteBuffer packet) {
        if (packet.remaining() != BYTES || packet.getInt() != MAGIC || packet.get() != VERSION) {
            return Optional.empty();
        }
        String path = switch (packet.get()) {
            case 1 -> "primary";
            case 2 -> "standby";
            default -> "unknown";
        };
        packet.getShort();
        return Optional.of(new HeartbeatPacket(path, packet.getLong(), packet.getLong(), packet.getInt() & UNSIGNED));
    }
}

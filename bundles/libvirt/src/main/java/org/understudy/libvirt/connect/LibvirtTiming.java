// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import org.understudy.concurrent.Backoff;

/**
 * Intervals and deadlines.
 *
 * @param retries pauses between attempts to connect or resync
 * @param pingInterval between two checks whether a host is alive
 * @param pingDeadline limit for the answer, after which the host is lost
 * @param connectDeadline limit for a connect, after which there is another attempt
 * @param monitorTimeout limit for one QEMU monitor command
 */
public record LibvirtTiming(
        Backoff retries,
        Duration pingInterval,
        Duration pingDeadline,
        Duration connectDeadline,
        Duration monitorTimeout) {
    public static final LibvirtTiming DEFAULT = new LibvirtTiming(
            new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30)),
            Duration.ofSeconds(5),
            Duration.ofSeconds(15),
            Duration.ofSeconds(30),
            Duration.ofSeconds(15));
}

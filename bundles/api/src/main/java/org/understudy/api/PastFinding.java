// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A finding about a host or a pair, for the time that it lasted. One that lasts less than 10 s is not kept.
 *
 * @param code the id of a {@link FindingCode}; for the health of a pair {@code pair-} and that health, such as {@code
 *     pair-on-standby}
 * @param severity how much it matters
 * @param subject the object it is about, such as {@code host alpha}
 * @param message names the object and the value found
 * @param remedy one sentence with the next action
 * @param host the host
 * @param vm the VM, unless it is about the host
 * @param uuid the UUID of the VM
 * @param appeared when it was found first
 * @param ended when it was gone; empty while it lasts. The start of the server, if the finding ended before that
 */
public record PastFinding(
        String code,
        Severity severity,
        String subject,
        String message,
        String remedy,
        Optional<HostName> host,
        Optional<VmName> vm,
        Optional<UUID> uuid,
        Instant appeared,
        Optional<Instant> ended) {

    /**
     * {@return the same finding with its end}
     *
     * @param end when it was gone; empty while it lasts
     */
    public PastFinding until(Optional<Instant> end) {
        return new PastFinding(code, severity, subject, message, remedy, host, vm, uuid, appeared, end);
    }
}

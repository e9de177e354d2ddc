// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmAddress;

/**
 * A host that is not open or did not answer, so that its VMs are unknown.
 *
 * @param reason follows the host's name in a sentence, such as {@code did not answer within 5 s}
 * @param cause what the host's connector threw; empty for a host that is not open or did not answer in time
 */
public record UnansweredHost(HostName host, String reason, Optional<Throwable> cause) {

    /** A host that a call has failed on. */
    static UnansweredHost of(HostName host, Throwable cause) {
        String why = cause instanceof UnderstudyException known ? known.getMessage() : cause.toString();
        return new UnansweredHost(host, "did not answer: " + why, Optional.of(cause));
    }

    /** The finding for a list. */
    public Finding finding() {
        return Finding.of(
                        FindingCode.HOST_UNAVAILABLE,
                        "host " + host,
                        "Host %s %s; the state of its VMs is unknown".formatted(host, reason),
                        "Check that host %s is up and reachable; understudy:doctor shows why it is not open."
                                .formatted(host))
                .as(Severity.WARNING);
    }

    /** The finding for one VM. A warning: a host that is down does not prevent the use of VMs on other hosts. */
    public Finding finding(VmAddress vm) {
        return Finding.of(
                        FindingCode.HOST_UNAVAILABLE,
                        "host " + host,
                        "Host %s %s; whether VM '%s' runs there is unknown".formatted(host, reason, vm),
                        "Check that host %s is up and reachable and that VM '%s' does not run there."
                                .formatted(host, vm))
                .as(Severity.WARNING);
    }

    /** The exception for a call that needs this host. */
    public UnderstudyException failure(VmAddress vm) {
        String message = finding(vm).message();
        return cause.map(known -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, message, known))
                .orElseGet(() -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, message));
    }

    @Override
    public String toString() {
        return host + " (" + reason + ")";
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/**
 * A host that could not be asked or gave no answer: it is not known which VMs it holds.
 *
 * @param reason follows the host's name in a sentence, such as {@code did not answer within 5 s}
 * @param cause what the host's connector threw; empty for a host that is not open or did not answer in time
 */
public record UnansweredHost(HostName host, String reason, Optional<Throwable> cause) {

    /** What this means for one VM. A warning: a host that is down does not keep VMs elsewhere from being used. */
    public Finding finding(VmName vm) {
        return Finding.of(
                        FindingCode.HOST_UNAVAILABLE,
                        "host " + host,
                        "Host %s %s; it is not known whether VM '%s' runs there".formatted(host, reason, vm),
                        "Check that host %s is up and reachable, and make sure that VM '%s' does not run there."
                                .formatted(host, vm))
                .as(Severity.WARNING);
    }

    /** Why nothing can be done on this host. */
    public UnderstudyException failure(VmName vm) {
        String message = finding(vm).message();
        return cause.map(known -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, message, known))
                .orElseGet(() -> new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, message));
    }

    @Override
    public String toString() {
        return host + " (" + reason + ")";
    }
}

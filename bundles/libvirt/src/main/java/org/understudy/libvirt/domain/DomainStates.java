// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import org.libvirt.DomainInfo.DomainState;
import org.understudy.api.VmState;

/** Maps libvirt's domain states to VM states. Source: virDomainState. */
final class DomainStates {
    private DomainStates() {}

    static VmState of(DomainState state) {
        return switch (state) {
            case VIR_DOMAIN_RUNNING, VIR_DOMAIN_BLOCKED, VIR_DOMAIN_SHUTDOWN -> VmState.RUNNING;
            case VIR_DOMAIN_PAUSED, VIR_DOMAIN_PMSUSPENDED -> VmState.PAUSED;
            case VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_CRASHED -> VmState.SHUTOFF;
            default -> VmState.UNKNOWN;
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;

/** A VM on a host, as the host reported it last. */
public record VmLocation(Host host, HostedVm vm) {
    @Override
    public String toString() {
        return vm.state() + " on " + host.name();
    }
}

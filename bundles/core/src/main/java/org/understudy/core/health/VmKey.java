// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;

/** A VM on one host. */
public record VmKey(HostName host, VmName vm) {
    public VmOnHost address() {
        return new VmOnHost(host, vm.value());
    }

    @Override
    public String toString() {
        return "VM " + vm + " on host " + host;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.Hosts;

/** Finds the host a VM is on; a QEMU that only receives it does not count. */
record Whereabouts(Hosts hosts) {
    private static final List<VmState> PREFERENCE =
            List.of(VmState.RUNNING, VmState.PAUSED, VmState.UNKNOWN, VmState.SHUTOFF);

    /**
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, or {@link ErrorCode#HOST_UNAVAILABLE} if a host that
     *     may have it does not answer
     */
    Host of(VmName vm) {
        List<String> silent = new ArrayList<>();
        Optional<Host> best = Optional.empty();
        int rank = PREFERENCE.size();
        for (Host host : hosts.all()) {
            int found = rank(host, vm, silent);
            if (found >= 0 && found < rank) {
                best = Optional.of(host);
                rank = found;
            }
        }
        return best.orElseThrow(() -> silent.isEmpty()
                ? new UnderstudyException(ErrorCode.VM_NOT_FOUND, "No host has a VM " + vm)
                : new UnderstudyException(
                        ErrorCode.HOST_UNAVAILABLE, "No host that answers has a VM " + vm + "; silent: " + silent));
    }

    private static int rank(Host host, VmName vm, List<String> silent) {
        try {
            return host.find(vm).map(HostedVm::state).map(PREFERENCE::indexOf).orElse(-1);
        } catch (UnderstudyException e) {
            silent.add(host.name() + " (" + e.getMessage() + ")");
            return -1;
        }
    }
}

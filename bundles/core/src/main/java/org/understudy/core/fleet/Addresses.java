// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.util.List;
import java.util.stream.Collectors;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.api.VmOnHost;

/** Finds VMs in a list by their addresses. */
final class Addresses {
    private Addresses() {}

    /**
     * The only VM of this address.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#VM_AMBIGUOUS}; {@link
     *     ErrorCode#HOST_UNAVAILABLE} if a host that does not answer may have it
     */
    static Vm only(VmAddress address, VmInventory known) {
        List<Vm> matching = known.vms().stream()
                .filter(vm -> address.matches(vm.host(), vm.name().value(), vm.uuid()))
                .toList();
        if (matching.isEmpty()) {
            throw new UnderstudyException(
                    known.findings().isEmpty() ? ErrorCode.VM_NOT_FOUND : ErrorCode.HOST_UNAVAILABLE,
                    "VM '" + address + "' is on no host" + (known.findings().isEmpty() ? "" : " that answers"));
        } else if (matching.size() > 1) {
            throw new UnderstudyException(
                    ErrorCode.VM_AMBIGUOUS,
                    "VM name '" + address + "' is ambiguous: "
                            + matching.stream()
                                    .map(Addresses::of)
                                    .map(Object::toString)
                                    .collect(Collectors.joining(", ")));
        }
        return matching.get(0);
    }

    /** The address that names this VM on its host, and no other of the same name. */
    static VmOnHost of(Vm vm) {
        return new VmOnHost(vm.host(), vm.uuid().toString());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Map;
import java.util.Optional;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;

/** Receives what {@link VmReadings} has read: of one host in order, of different hosts in parallel. Must not block. */
public interface VmFollower {
    /**
     * All VMs of a host were read.
     *
     * @param trouble why the host did not answer; the VMs that could not be read are as before. Empty if all were read
     */
    void onHost(Host host, Map<VmName, VmReading> vms, Optional<UnansweredHost> trouble);

    /**
     * The facts of a host were read.
     *
     * @param facts empty if the host did not answer
     * @param trouble why it did not answer
     */
    default void onFacts(Host host, Optional<HostFacts> facts, Optional<UnansweredHost> trouble) {}

    /**
     * One VM was read.
     *
     * @param before the reading before; empty if the VM was not known
     * @param now empty if the host no longer has the VM
     */
    void onVm(Host host, VmName vm, Optional<VmReading> before, Optional<VmReading> now);
}

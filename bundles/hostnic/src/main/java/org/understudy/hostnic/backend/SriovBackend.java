// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.Subscription;
import org.understudy.api.VfView;
import org.understudy.api.spi.VfSettings;

/** Reads and changes the SR-IOV functions of one host. */
public interface SriovBackend extends AutoCloseable {
    /**
     * All functions of a host at one moment.
     *
     * @param vfs without their pools
     * @param findings what could not be read, and what this backend does not support
     */
    record Inventory(List<PfView> pfs, List<VfView> vfs, List<Finding> findings) {}

    /**
     * Owner of a lease.
     *
     * @param owner the server and its name for the host
     * @param vm the VM's name
     * @param primary the alias of the primary it is for
     */
    record LeaseOwner(String owner, String vm, String primary) {}

    /** Proof of a lease. */
    record LeaseToken(PciAddress vf, LeaseOwner leaseOwner, long fencing) {}

    /** Display name of how the host is accessed. */
    String access();

    /** @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} */
    Inventory read();

    /** Why this backend cannot change anything; empty if it can. */
    default Optional<String> readOnly() {
        return Optional.empty();
    }

    /**
     * Reserves a VF.
     *
     * @return empty if the VF was leased by another owner meanwhile
     */
    Optional<LeaseToken> lease(PciAddress vf, LeaseOwner owner);

    /** As {@link #lease}, also for a VF that is bound to {@code vfio-pci} and that no program has open. */
    default Optional<LeaseToken> adopt(PciAddress vf, LeaseOwner owner) {
        return lease(vf, owner);
    }

    /**
     * Writes all settings of the VF, reads them back, and binds the VF to the requested driver.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED} with the reason; some
     *     changes may be in effect
     */
    void prepare(LeaseToken token, VfSettings settings);

    /**
     * Adds or removes the forwarding entry that lets the PF pass frames for the VF's MAC to the bridge.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED}
     */
    void forward(LeaseToken token, boolean on);

    /**
     * Restores the VF and ends the lease; has no effect if the lease has ended or has another owner. A VF that is absent
     * cannot be restored: its lease reappears with it and can be released then.
     */
    void release(LeaseToken token);

    /**
     * Watches for changes.
     *
     * @param changed called after a change; must hand off at once
     * @param ended called once, with the reason, if the watch ends
     */
    Subscription watch(Runnable changed, Consumer<String> ended);

    @Override
    void close();
}

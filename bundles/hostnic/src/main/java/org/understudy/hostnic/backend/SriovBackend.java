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
     * @param vfs in no pool yet
     * @param findings what could not be read, and what is not possible in this way
     */
    record Inventory(List<PfView> pfs, List<VfView> vfs, List<Finding> findings) {}

    /**
     * Who wants a VF.
     *
     * @param owner the server, and the host as it calls it
     * @param vm the VM's name
     * @param primary the alias of the primary it is for
     */
    record LeaseOwner(String owner, String vm, String primary) {}

    /** What proves a lease. */
    record LeaseToken(PciAddress vf, LeaseOwner leaseOwner, long fencing) {}

    /** How the host is reached, for people. */
    String access();

    /** @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#HOST_UNAVAILABLE} */
    Inventory read();

    /** Why nothing can be changed in this way; empty if it can. */
    default Optional<String> readOnly() {
        return Optional.empty();
    }

    /**
     * Reserves a VF.
     *
     * @return empty if somebody else has taken it in the meantime
     */
    Optional<LeaseToken> lease(PciAddress vf, LeaseOwner leaseOwner);

    /**
     * Writes the settings, reads them back, and binds the VF as asked.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED} with the reason; a
     *     part may have been done
     */
    void prepare(LeaseToken leaseToken, VfSettings settings);

    /**
     * Leads frames for the VF's MAC to the bridge above its PF too, or ends that.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#VF_FAILED}
     */
    void forward(LeaseToken leaseToken, boolean on);

    /**
     * Restores the VF and ends the lease; nothing happens if it is another's by now, or nobody's. A VF that is gone cannot
     * be restored: its lease shows up again with it, and can be released then.
     */
    void release(LeaseToken leaseToken);

    /**
     * Watches for changes.
     *
     * @param changed called after something has changed; must hand off at once
     * @param ended called once, with the reason, if nothing is told any more
     */
    Subscription watch(Runnable changed, Consumer<String> ended);

    @Override
    void close();
}

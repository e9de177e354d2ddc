// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The door for a manager that defines, starts and migrates VMs itself: it asks here before it does so. An OSGi service; safe for use from any thread. What happens later is told by {@link Pairs#listen}
 * and {@link Migrations#listen}.
 */
@ProviderType
public interface NicProvisioning {
    /** What the manager is about to do. */
    enum Occasion {
        /** It defines a VM. */
        DEFINE,
        /** It starts a VM. */
        START,
        /** It migrates a VM. */
        MIGRATE,
        /** It brings a VM to a host and has its VFs leased there: a start or a migration, see {@link #arriving}. */
        ARRIVING
    }

    /**
     * Nothing is stored and no VF is leased. Makes the wanted pairs, lets every {@link NicContributor} have its say,
     * and judges the result by the rules and by the host. Blocks for as long as the host and the contributors take.
     *
     * @param occasion what the manager is about to do
     * @param host where the VM is to be; for a migration the destination
     * @param definition the domain XML that the manager would use
     * @param wishes pairs to be made; a NIC that is one already stays as it is
     * @return refusals are findings
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}, {@link
     *     ErrorCode#HOST_NOT_FOUND}, {@link ErrorCode#HOST_UNAVAILABLE}
     */
    Provisioned before(Occasion occasion, HostName host, String definition, List<PairRequest> wishes);

    /**
     * For whoever brings a VM to a host without this server: makes the wanted pairs, leases a VF of the host for every
     * primary that has an address (after every {@link NicContributor} had its say), puts the VFs' addresses in, and gives networks the names they have there. The VF is
     * the VM's for a minute, and then for as long as the VM is on the host. Asks the host for its VFs, and its manager for
     * nothing unless a pair is wished, so that a hook of that manager may wait for the answer.
     *
     * @param host where the VM is about to run
     * @param definition the domain XML it would run with
     * @param wishes pairs to be made; a NIC that is one already stays as it is
     * @return refusals are findings; unchanged also while this server itself migrates the VM
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}, {@link
     *     ErrorCode#HOST_NOT_FOUND}
     */
    Provisioned arriving(HostName host, String definition, List<PairRequest> wishes);
}

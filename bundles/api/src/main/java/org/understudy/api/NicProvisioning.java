// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Checks and completes the definitions of a manager that defines, starts and migrates VMs itself, before it does so. An
 * OSGi service; safe for use from any thread. Later changes are published by {@link Pairs#listen} and
 * {@link Migrations#listen}.
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
        /** It is about to run a VM on a host, by a start or a migration, and needs its VFs leased there; see {@link #arriving}. */
        ARRIVING
    }

    /**
     * Makes the requested pairs, calls every {@link NicContributor}, and checks the result against the rules and the host.
     * Stores nothing and leases no VF. Blocks for the host and the contributors, among that up to 5 s for the first connection to
     * the host, so that a manager may call as soon as this service is there.
     *
     * @param occasion what the manager is about to do
     * @param host the host for the VM; for a migration the destination
     * @param definition the domain XML that the manager would use
     * @param requests the requested pairs; a NIC that is part of a pair is not changed
     * @return refusals are findings
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}, {@link
     *     ErrorCode#HOST_NOT_FOUND}, {@link ErrorCode#HOST_UNAVAILABLE}
     */
    Provisioned before(Occasion occasion, HostName host, String definition, List<PairRequest> requests);

    /**
     * Prepares the definition of a VM that a manager is about to run on a host without this server: makes the requested
     * pairs, calls every {@link NicContributor}, leases a VF of the host for every primary that has an address, writes the
     * VFs' addresses, and translates the names of networks to those of the host. The leases last for a minute and then as long
     * as the VM is on the host. Blocks for the host's VFs. Calls the host's manager only if pairs are requested, so that a
     * hook of that manager may wait for the result.
     *
     * @param host where the VM is about to run
     * @param definition the domain XML it would run with
     * @param requests the requested pairs; a NIC that is part of a pair is not changed
     * @return refusals are findings; unchanged also while this server itself migrates the VM
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}, {@link
     *     ErrorCode#HOST_NOT_FOUND}
     */
    Provisioned arriving(HostName host, String definition, List<PairRequest> requests);

    /**
     * Records VMs that a hook let continue without a VF. Each is a finding of {@link Doctor} until it is no longer on the host,
     * is shut off or has a pair. Does not block.
     *
     * @param host the host on which they run
     * @param vms the VMs, in any order
     * @throws UnderstudyException {@link ErrorCode#HOST_NOT_FOUND}
     */
    void passed(HostName host, List<PassedVm> vms);
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Creates, removes and checks failover pairs. An OSGi service; safe for use from any thread. */
@ProviderType
public interface Pairs {
    /**
     * Turns a NIC of a VM into a pair. An existing pair is not changed; a request for another pool, form or VF than the
     * pair has is refused. Blocks for one read and one write of the definition.
     *
     * @param vm the VM
     * @param request which NIC, and where its VF comes from
     * @return the change; refusals are findings
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    PairChange turnOn(VmAddress vm, PairRequest request);

    /**
     * Removes a pair; the definition becomes what it was before {@link #turnOn}, byte for byte. If the VM runs, its primary
     * is unplugged at once, so ask the user before. Blocks for one read and one write of the definition.
     *
     * @param vm the VM
     * @param nic one of the NICs of the pair
     * @return the change; refusals are findings
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    PairChange turnOff(VmAddress vm, NicSelector nic);

    /**
     * Does the same as {@link #turnOn} to a document, without a VM. Stores nothing.
     *
     * @param definition the domain XML
     * @param request which NIC, and where its VF comes from
     * @param host the host whose facts and networks are used; empty: only the document and the configuration
     * @return the change, with the changed definition
     */
    PairChange planOn(String definition, PairRequest request, Optional<HostName> host);

    /**
     * Does the same as {@link #turnOff} to a document, without a VM. Stores nothing.
     *
     * @param definition the domain XML
     * @param nic one of the NICs of the pair
     * @return the change, with the changed definition
     */
    PairChange planOff(String definition, NicSelector nic);

    /**
     * Checks the configured definition of a VM against the rules and the facts of its host.
     *
     * @param vm the VM
     * @return the findings; empty if there are none
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    List<Finding> lint(VmAddress vm);

    /**
     * Returns what the pairs of a VM require of their VFs, by its configured definition and their pools. Blocks for one read of
     * the definition.
     *
     * @param vm the VM
     * @return one for each pair with a VF
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    List<VfRequirement> vfRequirements(VmAddress vm);

    /**
     * Checks a document.
     *
     * @param definition the domain XML
     * @param host the host whose facts are used; empty: only the document
     * @return the findings; empty if there are none
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}
     */
    List<Finding> lint(String definition, Optional<HostName> host);

    /**
     * Applies every safe fix to a document; what cannot be repaired stays a finding of the result.
     *
     * @param definition the domain XML
     * @param host the host whose facts are used; empty: only the document
     * @return the change, with the changed definition
     */
    PairChange fix(String definition, Optional<HostName> host);

    /**
     * Delivers every change of a pair's health. A slow listener delays no other and receives the last change of each pair.
     *
     * @param listener receives each change
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<PairChanged> listener);

    /**
     * A change of a pair's health.
     *
     * @param vm the VM
     * @param host the host it is on
     * @param from the previous health
     * @param pair the pair with its current health
     */
    record PairChanged(VmName vm, HostName host, PairHealth from, Pair pair) {}
}

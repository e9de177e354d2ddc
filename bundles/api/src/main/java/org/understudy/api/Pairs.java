// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Switches failover pairs on and off and judges them. An OSGi service; safe for use from any thread. */
@ProviderType
public interface Pairs {
    /**
     * Turns a NIC of a VM into a pair. Doing it twice changes nothing; asking for another pool, form or VF than the
     * pair has is refused. Blocks for one read and one write of the definition.
     *
     * @param vm the VM
     * @param request which NIC, and where its VF comes from
     * @return what was done; refusals are findings
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    PairChange turnOn(VmName vm, PairRequest request);

    /**
     * Removes a pair; the definition becomes what it was before {@link #turnOn}, byte for byte. Blocks for one read and
     * one write of the definition.
     *
     * @param vm the VM
     * @param nic one of the NICs of the pair
     * @return what was done; refusals are findings
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    PairChange turnOff(VmName vm, NicSelector nic);

    /**
     * The same as {@link #turnOn} on a document, without any VM: nothing is stored.
     *
     * @param definition the domain XML
     * @param request which NIC, and where its VF comes from
     * @param host the host whose facts and networks count; empty: only what the document and the configuration tell
     * @return what would be done, with the changed definition
     */
    PairChange planOn(String definition, PairRequest request, Optional<HostName> host);

    /**
     * The same as {@link #turnOff} on a document, without any VM: nothing is stored.
     *
     * @param definition the domain XML
     * @param nic one of the NICs of the pair
     * @return what would be done, with the changed definition
     */
    PairChange planOff(String definition, NicSelector nic);

    /**
     * Checks the configured definition of a VM against the rules and the facts of its host.
     *
     * @param vm the VM
     * @return empty if all is well
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    List<Finding> lint(VmName vm);

    /**
     * Checks a document.
     *
     * @param definition the domain XML
     * @param host the host whose facts are used; empty: only what the document itself tells
     * @return empty if all is well
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}
     */
    List<Finding> lint(String definition, Optional<HostName> host);

    /**
     * Applies every safe fix to a document; what cannot be repaired stays a finding of the result.
     *
     * @param definition the domain XML
     * @param host the host whose facts are used; empty: only what the document itself shows
     * @return what was done, with the changed definition
     */
    PairChange fix(String definition, Optional<HostName> host);

    /**
     * Delivers every change of a pair's health. The listener is called on a thread of its own.
     *
     * @param listener gets each change
     * @return ends the delivery when closed
     */
    Subscription listen(Consumer<PairChanged> listener);

    /**
     * One change of health.
     *
     * @param vm the VM
     * @param host the host it is on
     * @param from the health before
     * @param pair the pair with its health now
     */
    record PairChanged(VmName vm, HostName host, PairHealth from, Pair pair) {}
}

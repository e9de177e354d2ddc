// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Switches failover pairs on and off and judges them. An OSGi service; safe for use from any thread. */
public interface Pairs {
    /**
     * Turns a NIC of a VM into a pair. Doing it twice changes nothing; asking for another pool, form or VF than the pair
     * has is refused. Blocks for one read and one write of the definition.
     *
     * @return what was done; refusals are findings
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    PairChange turnOn(VmName vm, PairRequest request);

    /**
     * Takes a pair back; the definition becomes what it was before {@link #turnOn}, byte for byte.
     *
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    PairChange turnOff(VmName vm, NicSelector nic);

    /**
     * The same as {@link #turnOn} on a document, without any VM: nothing is stored.
     *
     * @param host the host whose facts and networks count; empty: only what the document and the configuration tell
     */
    PairChange planOn(String definition, PairRequest request, Optional<HostName> host);

    /** The same as {@link #turnOff} on a document, without any VM: nothing is stored. */
    PairChange planOff(String definition, NicSelector nic);

    /**
     * Judges the configured definition of a VM against the rules and the facts of its host.
     *
     * @return empty if all is well
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}
     */
    List<Finding> lint(VmName vm);

    /**
     * Judges a document.
     *
     * @param host the host whose facts are used; empty: only what the document itself tells
     * @throws UnderstudyException {@link ErrorCode#MALFORMED_XML}, {@link ErrorCode#XML_REFUSED}
     */
    List<Finding> lint(String definition, Optional<HostName> host);

    /** Applies every safe fix to a document; what cannot be mended stays a finding of the result. */
    PairChange fix(String definition, Optional<HostName> host);

    /** Tells every change of a pair's health. The listener is called on a thread of its own. */
    Subscription listen(Consumer<PairChanged> listener);

    /** One change of health. */
    record PairChanged(VmName vm, HostName host, PairHealth from, Pair pair) {}
}

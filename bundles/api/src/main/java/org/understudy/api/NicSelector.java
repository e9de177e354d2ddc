// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import org.osgi.annotation.versioning.ProviderType;

/** Selects one NIC of a VM. */
@ProviderType
public sealed interface NicSelector {
    /** The only virtio NIC that is not yet part of a pair; ambiguous if there are several. */
    record Only() implements NicSelector {}

    /**
     * The NIC with a MAC address.
     *
     * @param mac the MAC address
     */
    record ByMac(MacAddress mac) implements NicSelector {}

    /**
     * The NIC with an alias.
     *
     * @param alias the alias
     */
    record ByAlias(Alias alias) implements NicSelector {}

    /**
     * The NIC at a position.
     *
     * @param index position among the NICs of the definition, from 0
     */
    record ByIndex(int index) implements NicSelector {}

    /**
     * Reads {@code only}, an index such as {@code 0}, a MAC address, or an alias.
     *
     * @param text one of these forms
     * @return the selector
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text is none of these
     */
    static NicSelector parse(String text) {
        if (text.equals("only")) {
            return new Only();
        }
        if (text.matches("[0-9]{1,4}")) {
            return new ByIndex(Integer.parseInt(text));
        }
        return text.indexOf(':') >= 0 ? new ByMac(new MacAddress(text)) : new ByAlias(new Alias(text));
    }
}

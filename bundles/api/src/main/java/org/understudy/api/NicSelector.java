// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** Chooses one NIC of a VM. */
public sealed interface NicSelector {
    /** The only virtio NIC that is not yet part of a pair; ambiguous if there are several. */
    record Only() implements NicSelector {}

    record ByMac(MacAddress mac) implements NicSelector {}

    record ByAlias(Alias alias) implements NicSelector {}

    /** @param index position among the NICs of the definition, from 0 */
    record ByIndex(int index) implements NicSelector {}

    /**
     * Reads {@code only}, an index such as {@code 0}, a MAC address, or an alias.
     *
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

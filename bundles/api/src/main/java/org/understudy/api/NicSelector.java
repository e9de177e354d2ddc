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
}

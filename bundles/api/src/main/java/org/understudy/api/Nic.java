// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;

/**
 * One NIC of a VM's definition.
 *
 * @param index position among the NICs of the definition, from 0
 * @param alias the device's alias, if the definition has one
 * @param mac its MAC address, if the definition has one
 * @param model such as {@code virtio}, {@code e1000e} or {@code hostdev}
 * @param source what it is attached to, such as {@code bridge br0}, {@code user} or {@code network vf-pool}
 * @param role its part in a pair
 */
public record Nic(
        int index, Optional<Alias> alias, Optional<MacAddress> mac, String model, String source, NicRole role) {}

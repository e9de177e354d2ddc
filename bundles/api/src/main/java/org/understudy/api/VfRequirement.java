// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;

/**
 * What a pair requires of its VF, by its configured definition and its pool.
 *
 * @param standby alias of the standby NIC
 * @param primary alias of the primary
 * @param mac the MAC address of the pair
 * @param vlan 1 to 4094, or 0 for none
 * @param trust whether the guest may change its MAC address and use promiscuous mode; empty for a VF that is of no configured
 *     pool, so that its host sets it up
 * @param spoofCheck whether frames with other source MAC addresses are dropped; empty for the same VFs
 */
public record VfRequirement(
        Alias standby,
        Alias primary,
        MacAddress mac,
        int vlan,
        Optional<Boolean> trust,
        Optional<Boolean> spoofCheck) {}

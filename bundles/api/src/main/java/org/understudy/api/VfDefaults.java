// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * The settings of the VFs of a pool that a pair does not define. An empty one is that of a new VF of the kernel.
 *
 * @param trust whether the guest may change its MAC address and use promiscuous mode; empty: not
 * @param spoofCheck whether frames with other source MAC addresses are dropped; empty: they are
 * @param linkState the link that the guest sees; empty: that of the PF
 * @param qos the priority of the VLAN, 0 to 7; empty: 0
 * @param minRate the guaranteed rate in Mbit/s; empty: none
 * @param maxRate the highest rate in Mbit/s; empty or 0: none
 * @param vlan the VLAN, 1 to 4094, of a VF whose standby NIC is in the VLAN by its bridge; empty: none
 */
public record VfDefaults(
        Optional<Boolean> trust,
        Optional<Boolean> spoofCheck,
        Optional<LinkState> linkState,
        OptionalInt qos,
        OptionalInt minRate,
        OptionalInt maxRate,
        OptionalInt vlan) {
    /** The settings of a new VF. */
    public static final VfDefaults NONE = new VfDefaults(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty());

    /**
     * {@return these settings with a highest rate that is not above a limit}
     *
     * @param limit in Mbit/s, at least 1; empty: none
     */
    public VfDefaults limitedTo(OptionalInt limit) {
        if (limit.isEmpty()) {
            return this;
        }
        int own = maxRate.orElse(0);
        int most = own == 0 ? limit.getAsInt() : Math.min(own, limit.getAsInt());
        OptionalInt least = minRate.isPresent() ? OptionalInt.of(Math.min(minRate.getAsInt(), most)) : minRate;
        return new VfDefaults(trust, spoofCheck, linkState, qos, least, OptionalInt.of(most), vlan);
    }

    /** The link that the guest sees. Source: {@code IFLA_VF_LINK_STATE}, in this order. */
    public enum LinkState {
        /** That of the PF. */
        AUTO,
        /** Always up, so that VFs of a PF without link reach each other. */
        ENABLE,
        /** Always down. */
        DISABLE
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.understudy.api.MacAddress;
import org.understudy.api.VfDefaults;
import org.understudy.api.spi.VfSettings;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/**
 * What a standby NIC requires of its VF, so that the traffic of the VF is subject to the same rules.
 *
 * @param trusted whether the guest may change its address
 * @param pinsMac whether a filter drops frames with other source MAC addresses
 * @param maxRate the highest rate of the guest in Mbit/s; empty: none
 */
public record NicPolicy(boolean trusted, boolean pinsMac, OptionalInt maxRate) {
    /** Filters that drop frames with another source MAC address, and nothing else. Source: libvirt and VDSM. */
    private static final Set<String> MAC_FILTERS = Set.of("no-mac-spoofing", "vdsm-no-mac-spoofing");

    /** Source: libvirt's filters that include no-mac-spoofing. */
    private static final Set<String> IP_FILTERS = Set.of("clean-traffic", "clean-traffic-gateway");

    private static final long KILOBITS_PER_KILOBYTE = 8;
    private static final long KILOBITS_PER_MEGABIT = 1000;

    /** Reads an {@code <interface>}. */
    public static NicPolicy of(XmlElement standby) {
        String filter = standby.childAttribute("filterref", "filter").orElse("");
        return new NicPolicy(
                standby.attributeOr("trustGuestRxFilters", "").equals("yes"),
                pinsMacOnly(filter) || IP_FILTERS.contains(filter),
                maxRate(standby));
    }

    /** Whether the spoof check of a VF does what this filter does. */
    public static boolean pinsMacOnly(String filter) {
        return MAC_FILTERS.contains(filter);
    }

    /** Rounded up. Source: libvirt, virNetDevBandwidthSet, which sets "kbps" of tc, that is 1000 bytes per second. */
    private static OptionalInt maxRate(XmlElement standby) {
        Optional<Integer> average = standby.child("bandwidth")
                .flatMap(bandwidth -> bandwidth.childAttribute("outbound", "average"))
                .flatMap(PciXml::number)
                .filter(rate -> rate > 0);
        return average.map(rate -> OptionalInt.of(
                        (int) ((rate * KILOBITS_PER_KILOBYTE + KILOBITS_PER_MEGABIT - 1) / KILOBITS_PER_MEGABIT)))
                .orElse(OptionalInt.empty());
    }

    /** The required settings of the VF when QEMU opens it. */
    VfSettings settings(MacAddress mac, int vlan, OptionalInt numaNode) {
        VfDefaults limited = VfDefaults.NONE.limitedTo(maxRate);
        return new VfSettings(mac, vlan, onlyIf(trusted), onlyIf(pinsMac), true, numaNode, limited);
    }

    private static Optional<Boolean> onlyIf(boolean required) {
        return required ? Optional.of(true) : Optional.empty();
    }
}

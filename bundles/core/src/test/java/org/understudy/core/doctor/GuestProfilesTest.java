// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.MacAddress;

class GuestProfilesTest {
    private static final String MAC = "52:54:00:aa:22:33";
    private static final String NETPLAN = "network:\n  version: 2\n  ethernets:\n    lan:\n      match: ";

    private static List<GuestProfiles.Match> find(String file, String text) {
        return GuestProfiles.byMac(Map.of(file, text), new MacAddress(MAC));
    }

    static Stream<Arguments> byMac() {
        return Stream.of(
                Arguments.of(
                        "/etc/systemd/network/lan.network",
                        "[Match]\nMACAddress=" + MAC + "\n[Network]\nDHCP=yes",
                        false),
                Arguments.of(
                        "/etc/systemd/network/lan.network", "[Match]\nPermanentMACAddress=52:54:00:AA:22:33", false),
                Arguments.of(
                        "/etc/systemd/network/lan.link", "[Match]\nMACAddress=" + MAC + "\n[Link]\nName=lan0", true),
                Arguments.of(
                        "/etc/systemd/network/lan.link",
                        "[Match]\nMACAddress=" + MAC + "\n[Link]\nMTUBytes=9000",
                        false),
                Arguments.of(
                        "/etc/NetworkManager/system-connections/lan.nmconnection",
                        "[connection]\nid=lan\ntype=ethernet\n[ethernet]\nmac-address=52:54:00:AA:22:33",
                        false),
                Arguments.of(
                        "/etc/netplan/50-cloud-init.yaml",
                        NETPLAN + "{macaddress: '" + MAC + "'}\n      dhcp4: true",
                        false),
                Arguments.of(
                        "/etc/netplan/50-cloud-init.yaml",
                        NETPLAN + "\n        macaddress: \"" + MAC + "\"\n      set-name: lan0",
                        true),
                Arguments.of(
                        "/etc/netplan/50-cloud-init.yaml",
                        NETPLAN.replace("match: ", "set-name: lan0\n      match:\n        macaddress: " + MAC),
                        true),
                Arguments.of(
                        "/etc/cloud/cloud.cfg.d/50-network.cfg",
                        "network:\n  version: 1\n  config:\n  - type: physical\n    name: eth0\n    mac_address: '"
                                + MAC + "'",
                        true),
                Arguments.of(
                        "/etc/sysconfig/network-scripts/ifcfg-lan",
                        "TYPE=Ethernet\nHWADDR=\"" + MAC.toUpperCase(Locale.ROOT) + "\"",
                        false),
                Arguments.of("/etc/sysconfig/network-scripts/ifcfg-lan", "DEVICE=lan0\nHWADDR=" + MAC, true),
                Arguments.of(
                        "/etc/udev/rules.d/70-persistent-net.rules",
                        "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{address}==\"" + MAC
                                + "\", NAME=\"eth0\"",
                        true));
    }

    @ParameterizedTest
    @MethodSource("byMac")
    void findsASelectionByMacAddress(String file, String text, boolean renames) {
        assertThat(find(file, text)).containsExactly(new GuestProfiles.Match(file, renames));
    }

    static Stream<Arguments> others() {
        return Stream.of(
                Arguments.of("/etc/systemd/network/lan.network", "[Match]\nName=eth0\nMACAddress=" + MAC),
                Arguments.of(
                        "/etc/systemd/network/lan.network", "[Match]\nMACAddress=" + MAC + "\nDriver=net_failover"),
                Arguments.of("/etc/systemd/network/lan.network", "[Match]\nName=eth0\n[Link]\nMACAddress=" + MAC),
                Arguments.of("/etc/systemd/network/lan.network", "[Match]\nMACAddress=52:54:00:aa:22:34"),
                Arguments.of(
                        "/etc/NetworkManager/system-connections/lan.nmconnection",
                        "[connection]\ninterface-name=eth0\n[ethernet]\nmac-address=" + MAC),
                Arguments.of(
                        "/etc/NetworkManager/system-connections/lan.nmconnection",
                        "[ethernet]\ncloned-mac-address=" + MAC),
                Arguments.of("/etc/netplan/lan.yaml", NETPLAN + "{macaddress: " + MAC + ", driver: net_failover}"),
                Arguments.of("/etc/netplan/lan.yaml", NETPLAN + "{name: eth0}\n      macaddress: " + MAC),
                Arguments.of("/etc/netplan/lan.yaml", NETPLAN + "\n        #macaddress: " + MAC),
                Arguments.of(
                        "/etc/udev/rules.d/70-persistent-net.rules",
                        "SUBSYSTEM==\"net\", DRIVERS==\"virtio_net\", ATTR{address}==\"" + MAC + "\", NAME=\"eth0\""),
                Arguments.of("/etc/udev/rules.d/80-other.rules", "ATTR{address}==\"" + MAC + "\", ENV{X}=\"1\""),
                Arguments.of("/etc/sysconfig/network-scripts/ifcfg-lan", "DEVICE=eth0\n#HWADDR=" + MAC));
    }

    @ParameterizedTest
    @MethodSource("others")
    void acceptsWhatDistinguishesTheFailoverDevice(String file, String text) {
        assertThat(find(file, text)).isEmpty();
    }

    @Test
    void toleratesAnyText() {
        assertThat(find("/etc/netplan/a.yaml", "match:\n\t=[]" + MAC)).isEmpty();
        assertThat(find("/etc/systemd/network/a.network", "[]\n=\n[Match\nMACAddress=" + MAC))
                .isEmpty();
    }
}

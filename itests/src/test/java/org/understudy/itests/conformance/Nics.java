// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.conformance;

/** The two NICs of a pair, in correct and incorrect forms. */
final class Nics {
    static final String MAC = "52:54:00:11:22:33";

    private Nics() {}

    static String port(int index) {
        return "    <controller type='pci' index='%1$d' model='pcie-root-port'><alias name='ua-port%1$d'/></controller>%n"
                .formatted(index);
    }

    static String standby(String mac, String alias, boolean failover) {
        return """
                    <interface type='user'>
                      <mac address='%s'/>
                      <model type='virtio'/>
                %s      <alias name='%s'/>
                    </interface>
                """.formatted(mac, failover ? "      <teaming type='persistent'/>\n" : "", alias);
    }

    /** @param bus the guest's PCI bus, 0 for the root bus */
    static String primary(String mac, String alias, String standby, int bus) {
        String slot = bus == 0 ? "0x09" : "0x00";
        return """
                    <interface type='user'>
                      <mac address='%s'/>
                      <model type='e1000e'/>
                      <teaming type='transient' persistent='%s'/>
                      <alias name='%s'/>
                      <rom enabled='no'/>
                      <address type='pci' domain='0x0000' bus='0x%02x' slot='%s' function='0x0'/>
                    </interface>
                """.formatted(mac, standby, alias, bus, slot);
    }

    static String rightPair() {
        return port(1) + standby(MAC, "ua-s", true) + primary(MAC, "ua-p", "ua-s", 1);
    }
}

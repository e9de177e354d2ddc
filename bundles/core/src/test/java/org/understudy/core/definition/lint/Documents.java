// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static org.assertj.core.api.Assertions.assertThat;

/** A definition without findings, and small changes of it. */
final class Documents {
    static final String STANDBY_ADDRESS =
            "\n      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>";
    static final String PRIMARY_ADDRESS =
            "\n      <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>";

    /** Irregular layout on purpose: a fix must keep everything else. */
    static final String GOOD = """
            <?xml version='1.0' encoding="UTF-8"?>
            <!-- <teaming type='transient'/> is not an element here -->
            <domain type="kvm"  xmlns:x='urn:x' >
              <name>web1</name>
              <metadata><x:note  a = "1">&amp; <![CDATA[<alias name='ua-standby0'/>]]></x:note></metadata>
              <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
              <devices>
                <controller type='pci' index='0' model='pcie-root'/>
                <controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='0x10'/></controller>
                <controller type='pci' index='2' model='pcie-root-port'><target port='0x11'  hotplug='on'/></controller>
                <controller type='pci' index='3' model='pcie-to-pci-bridge'/>
                <interface type='bridge'>
                  <mac address='52:54:00:AA:bb:01'/>
                  <source bridge='br0'/>
                  <model type='virtio'/>
                  <teaming type='persistent'/>
                  <!-- the effective alias -->
                  <alias name='ua-standby0'/>
                  <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
                </interface>
                <interface type='hostdev' managed='yes'>
                  <mac address="52:54:00:aa:BB:01"/>
                  <source><address type='pci' domain='0x0000' bus='0x41' slot='0x10' function='0x2'/></source>
                  <teaming type='transient' persistent='ua-standby0'/>
                  <rom enabled='no'/>
                  <alias name='ua-vf0'/>
                  <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
                </interface>
              </devices>
            </domain>
            """;

    /** A second standby NIC, for {@link #withDevice}. */
    static final String SECOND_STANDBY = """

                <interface type='bridge'>
                  <mac address='52:54:00:aa:bb:02'/>
                  <source bridge='br0'/>
                  <model type='virtio'/>
                  <teaming type='persistent'/>
                  <alias name='ua-standby1'/>
                </interface>""";

    /** A second primary of the first standby NIC, for {@link #withDevice}. */
    static final String SECOND_PRIMARY = """

                <interface type='hostdev' managed='yes'>
                  <mac address='52:54:00:aa:bb:01'/>
                  <source><address type='pci' domain='0x0000' bus='0x41' slot='0x10' function='0x4'/></source>
                  <teaming type='transient' persistent='ua-standby0'/>
                  <rom enabled='no'/>
                  <alias name='ua-vf1'/>
                </interface>""";

    private Documents() {}

    /** The valid document with one text replaced. */
    static String with(String from, String to) {
        return replace(GOOD, from, to);
    }

    static String replace(String document, String from, String to) {
        assertThat(document).as("text to replace").containsOnlyOnce(from);
        return document.replace(from, to);
    }

    /** The valid document with another device at the end. */
    static String withDevice(String xml) {
        return with("\n  </devices>", xml + "\n  </devices>");
    }

    /** The valid document with the primary as an emulated NIC on the standby NIC's bridge. */
    static String emulated() {
        String start = "<interface type='hostdev' managed='yes'>";
        String source = "<source><address type='pci' domain='0x0000' bus='0x41' slot='0x10' function='0x2'/></source>";
        return replace(with(start, "<interface type='user'>"), source, "<model type='e1000e'/>");
    }

    /** The valid document with the primary from the network of this name. */
    static String pooled(String network) {
        String start = "<interface type='hostdev' managed='yes'>";
        String source = "<source><address type='pci' domain='0x0000' bus='0x41' slot='0x10' function='0x2'/></source>";
        return replace(with(start, "<interface type='network'>"), source, "<source network='" + network + "'/>");
    }

    /** The valid document with the primary as a plain hostdev. */
    static String plain() {
        String mac = "\n      <mac address=\"52:54:00:aa:BB:01\"/>";
        String start = "<interface type='hostdev' managed='yes'>";
        String end = "</interface>\n  </devices>";
        return replace(
                replace(with(start, "<hostdev mode='subsystem' type='pci' managed='yes'>"), mac, ""),
                end,
                "</hostdev>\n  </devices>");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.PciAddress;

class PciXmlTest {
    private static XmlElement nic(String content) {
        return DomainDocument.parse("<domain><devices><interface>" + content + "</interface></devices></domain>")
                .nics()
                .get(0);
    }

    @ParameterizedTest
    @CsvSource({
        "domain='0x0000' bus='0x01' slot='0x10' function='0x2',0000:01:10.2",
        "bus='1' slot='16' function='2',0000:01:10.2",
        "bus='01' slot='020' function='2',0000:01:10.2",
        "domain='0xFFFF' bus='0XFF' slot='0x1F' function='7',ffff:ff:1f.7",
        "slot=' 3',0000:00:03.0",
        "slot='+3',0000:00:03.0"
    })
    void readsAddressesInHexadecimalOctalAndDecimal(String parts, String address) {
        XmlElement device =
                nic("<source><address type='pci' " + parts + "/></source><address type='pci' " + parts + "/>");

        assertThat(PciXml.hostAddress(device)).contains(PciAddress.parse(address));
        assertThat(PciXml.guestAddress(device)).contains(PciAddress.parse(address));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "slot='0x20'",
                "function='8'",
                "bus='256'",
                "domain='0x10000'",
                "slot='-1'",
                "slot='08'",
                "slot='3 '",
                "slot='#3'",
                "slot='-0'",
                "bus='x'"
            })
    void readsNoAddressFromUnreadableParts(String part) {
        XmlElement device = nic("<source><address " + part + "/></source><address type='pci' " + part + "/>");

        assertThat(PciXml.hostAddress(device)).isEmpty();
        assertThat(PciXml.guestAddress(device)).isEmpty();
    }

    @Test
    void distinguishesAddressesInTheGuestFromThoseOfTheHost() {
        assertThat(PciXml.guestAddress(nic("<source><address bus='1'/></source>")))
                .isEmpty();
        assertThat(PciXml.hostAddress(nic("<address type='pci' bus='1'/>"))).isEmpty();
        assertThat(PciXml.hostAddress(nic("<source><address type='usb' bus='1'/></source>")))
                .isEmpty();
        for (String type : List.of("usb", "mdev", "scsi")) {
            String hostdev = "<hostdev type='" + type + "'><source><address bus='1' uuid='x'/></source></hostdev>";
            DomainDocument document = DomainDocument.parse("<domain><devices>" + hostdev + "</devices></domain>");
            assertThat(PciXml.hostAddress(document.devices().get(0))).isEmpty();
        }
        assertThat(PciXml.guestAddress(nic("<address type='pci' slot='0'/>")))
                .as("an all-zero address is selected by the host")
                .isEmpty();
    }

    @Test
    void readsPartsFromAnySource() {
        Map<String, String> parts = Map.of("bus", "0x1", "function", "2");

        assertThat(PciXml.address(name -> Optional.ofNullable(parts.get(name)))).contains(new PciAddress(0, 1, 0, 2));
    }

    @Test
    void findsControllersByIndex() {
        DomainDocument document = DomainDocument.parse("<domain><devices><controller type='pci' index='0x1'/>"
                + "<controller type='pci' index='1' model='pcie-root-port'/><controller type='usb' index='2'/>"
                + "<controller type='pci' index='x'/></devices></domain>");

        assertThat(PciXml.controllers(document)).containsOnlyKeys(1);
        assertThat(PciXml.controllers(document).get(1).attribute("model")).isEmpty();
    }
}

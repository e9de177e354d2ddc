// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.XmlElement;

final class AssignedVfsTest {
    private static final String DEFINITION = """
            <domain type='kvm'><name>web1</name><devices>
              <interface type='bridge'><source bridge='br0'/><alias name='ua-standby0'/></interface>
              <interface type='network'>
                <source network='pool-a'/>
                <teaming type='transient' persistent='ua-standby0'/>
                <alias name='ua-vf0'/>
              </interface>
            </devices></domain>
            """;

    @Test
    void replacesThePoolWithTheLeasedVf() {
        String put = AssignedVfs.put(DEFINITION, Map.of(new Alias("ua-vf0"), PciAddress.parse("0000:3b:02.1")));

        XmlElement nic = DomainDocument.parse(put).nics().get(1);
        assertThat(nic.attribute("type")).contains("hostdev");
        assertThat(nic.attribute("managed")).as("it is bound already").contains("no");
        XmlElement address =
                nic.child("source").flatMap(s -> s.child("address")).orElseThrow();
        assertThat(address.attribute("bus")).contains("0x3b");
        assertThat(address.attribute("slot")).contains("0x02");
        assertThat(address.attribute("function")).contains("0x1");
        assertThat(put).contains("persistent='ua-standby0'").doesNotContain("pool-a");
    }

    @Test
    void returnsADefinitionWithoutThatPrimaryUnchanged() {
        assertThat(AssignedVfs.put(DEFINITION, Map.of(new Alias("ua-other"), PciAddress.parse("0000:3b:02.1"))))
                .isEqualTo(DEFINITION);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.core.definition.DomainView;

/** Pairs in the forms in which other programs write them. */
class PairsOfOthersTest {
    /** As a manager of VMs in containers writes it: a tap device of its own, and a VF without a MAC. */
    private static final String IN_A_CONTAINER = """
            <domain type='kvm'><name>pod1</name><memory unit='GiB'>4</memory>
              <os><type arch='x86_64' machine='q35'>hvm</type></os>
              <devices>
                <interface type='ethernet'>
                  <mac address='02:42:0a:00:00:01'/><target dev='tap3f' managed='no'/><model type='virtio-non-transitional'/>
                  <mtu size='1450'/><alias name='ua-default'/><rom enabled='no'/><teaming type='persistent'/>
                </interface>
                <hostdev mode='subsystem' type='pci' managed='no'>
                  <source><address type='pci' domain='0x0000' bus='0x99' slot='0x06' function='0x0'/></source>
                  <teaming type='transient' persistent='ua-default'/><alias name='ua-sriov-net1'/>
                </hostdev>
              </devices>
            </domain>
            """;

    private static final String LEGACY = """
            <domain type='kvm'><name>legacy</name><memory unit='GiB'>4</memory>
              <os><type arch='i686' machine='pc'>hvm</type></os>
              <devices>
                <interface type='bridge'>
                  <source bridge='br0'/><mac address='52:54:00:61:00:08'/><alias name='ua-spare'/><teaming type='persistent'/>
                </interface>
                <interface type='hostdev'>
                  <source><address type='pci' bus='0x1a' slot='0x03' function='0x2'/></source>
                  <mac address='52:54:00:61:00:08'/><teaming type='transient' persistent='ua-spare'/>
                </interface>
              </devices>
            </domain>
            """;

    @Test
    void aStandbyNicOnATapDeviceOfTheManagerIsHalfOfAPair() {
        assertThat(DomainView.of(IN_A_CONTAINER).pairs())
                .singleElement()
                .satisfies(pair -> assertThat(pair.primary().value()).isEqualTo("ua-sriov-net1"));
        assertThat(warningsAndErrors(IN_A_CONTAINER)).containsExactly(FindingCode.OPTION_ROM_ON);
    }

    @Test
    void aMachineWithoutPcieAndAStandbyNicWithoutAModelAreErrors() {
        assertThat(new Linter().lint(LEGACY, LintContext.none()))
                .filteredOn(f -> f.severity() == Severity.ERROR)
                .extracting(Finding::code)
                .contains(FindingCode.MACHINE_WITHOUT_PCIE, FindingCode.STANDBY_NOT_VIRTIO);
    }

    private static List<FindingCode> warningsAndErrors(String definition) {
        return new Linter()
                .lint(definition, LintContext.none()).stream()
                        .filter(f -> f.severity() != Severity.NOTICE)
                        .map(Finding::code)
                        .toList();
    }
}

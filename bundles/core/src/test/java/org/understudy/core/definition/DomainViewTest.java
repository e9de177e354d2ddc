// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;
import org.understudy.api.VfDefaults;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.edit.DestinationDefinition;
import org.understudy.core.definition.lint.StoredDefinitionDiff;

class DomainViewTest {
    private static final PciAddress VF = PciAddress.parse("0000:01:11.4");
    private static final Alias NAME = new Alias("ua-primary-of-nic0");

    /** As libvirt's and the kernel's documentation have it: only the standby NIC has an alias. */
    private static final String TEXTBOOK = """
            <domain type='qemu'><name>noalias</name><devices>
              <interface type='bridge'><mac address='52:54:00:61:00:09'/><model type='virtio'/>
                <alias name='ua-nic0'/><teaming type='persistent'/></interface>
              <interface type='hostdev' managed='yes'>
                <source><address type='pci' domain='0x0000' bus='0x01' slot='0x11' function='0x4'/></source>
                <mac address='52:54:00:61:00:09'/><teaming type='transient' persistent='ua-nic0'/>
                <rom enabled='no'/></interface>
            </devices></domain>
            """;

    @Test
    void aPrimaryWithoutAnAliasIsHalfOfAPair() {
        PairView pair = onlyPair(TEXTBOOK);

        assertThat(pair.standby()).isEqualTo(new Alias("ua-nic0"));
        assertThat(pair.primary()).isEqualTo(NAME);
        assertThat(pair.vf()).contains(VF);
    }

    @Test
    void aPairWithoutAliasIsOnePairWhileItsPrimaryIsUnplugged() {
        String live = DestinationDefinition.without(TEXTBOOK, Set.of(NAME));

        assertThat(live).doesNotContain("hostdev");
        assertThat(DomainView.of(live).pairsWith(DomainView.of(TEXTBOOK))).containsExactly(onlyPair(TEXTBOOK));
        assertThat(DomainView.of(TEXTBOOK).pairsWith(DomainView.of(TEXTBOOK))).hasSize(1);
    }

    @Test
    void theVfDropsForgedAddressesWhereAFilterOfTheStandbyNicDoes() {
        assertThat(onlyPair(TEXTBOOK).settings().spoofCheck()).isEmpty();
        assertThat(onlyPair(standby("<filterref filter='clean-traffic'/>"))
                        .settings()
                        .spoofCheck())
                .contains(true);
        assertThat(onlyPair(standby("<filterref filter='my-own'/>")).settings().spoofCheck())
                .isEmpty();
    }

    @Test
    void theVfSendsNoFasterThanTheStandbyNicMay() {
        assertThat(rate("<outbound average='125000' peak='200000'/>")).hasValue(1000);
        assertThat(rate("<outbound average='126'/>")).as("rounded up").hasValue(2);
        assertThat(rate("<outbound average='0'/>")).isEmpty();
        assertThat(rate("<outbound average='x'/>")).isEmpty();
        assertThat(rate("<inbound average='125000'/>")).isEmpty();
        assertThat(onlyPair(TEXTBOOK).settings().defaults()).isEqualTo(VfDefaults.NONE);
    }

    private static OptionalInt rate(String limits) {
        return onlyPair(standby("<bandwidth>" + limits + "</bandwidth>"))
                .settings()
                .defaults()
                .maxRate();
    }

    private static String standby(String part) {
        return TEXTBOOK.replace("<model type='virtio'/>", "<model type='virtio'/>" + part);
    }

    @Test
    void thePrimaryWithoutAliasGetsTheVfOfTheDestination() {
        PciAddress other = PciAddress.parse("0000:42:02.5");

        String adjusted = DestinationDefinition.adjust(TEXTBOOK, Map.of(NAME, other), Map.of());

        assertThat(onlyPair(adjusted).vf()).contains(other);
    }

    @Test
    void aSecondPrimaryWithoutAliasOfOneStandbyNicIsNoSecondPair() {
        String shared = TEXTBOOK.replaceFirst("(?s)(<interface type='hostdev'.*?</interface>)", "$1$1");

        assertThat(DomainView.of(shared).pairs()).hasSize(1);
    }

    @Test
    void aHostMayGiveAPrimaryAnAlias() {
        String stored = TEXTBOOK.replace("<rom", "<alias name='ua-primary0'/><rom");

        assertThat(StoredDefinitionDiff.of(TEXTBOOK, stored)).isEmpty();
    }

    @Test
    void aViewSharesTheEqualPartsOfAnotherOne() {
        DomainView stored = DomainView.of(TEXTBOOK);

        DomainView live = DomainView.of(TEXTBOOK.replace("<rom", "<alias name='ua-primary0'/><rom"))
                .sharing(stored);

        assertThat(live.name()).isSameAs(stored.name());
        assertThat(live.uuid()).isSameAs(stored.uuid());
        assertThat(live.pairs()).isNotEqualTo(stored.pairs());
        assertThat(DomainView.of(TEXTBOOK).sharing(stored).nics()).isSameAs(stored.nics());
    }

    private static PairView onlyPair(String definition) {
        assertThat(DomainView.of(definition).pairs()).hasSize(1);
        return DomainView.of(definition).pairs().get(0);
    }
}

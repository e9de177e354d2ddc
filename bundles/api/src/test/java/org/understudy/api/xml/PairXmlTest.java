// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;

class PairXmlTest {
    private static final Alias NAME = new Alias("ua-primary-of-nic0");

    @Test
    void aPrimaryWithoutAliasIsNamedAfterItsStandbyNic() {
        assertThat(PairXml.name(primary(""))).contains(NAME);
        assertThat(PairXml.name(primary("<alias name='ua-vf0'/>"))).contains(new Alias("ua-vf0"));
        assertThat(PairXml.name(primary("<alias name='a b'/>"))).isEmpty();
    }

    @Test
    void aNameOfALongStandbyAliasIsValidAndDistinct() {
        String stem = "ua-" + "x".repeat(60);

        Optional<Alias> first = PairXml.name(primary("", stem + "1"));
        Optional<Alias> second = PairXml.name(primary("", stem + "2"));

        assertThat(first).isPresent();
        assertThat(second).isPresent().isNotEqualTo(first);
    }

    @Test
    void aPrimaryIsFoundByItsNameAlsoUnderTheAliasOfItsRun() {
        assertThat(PairXml.nic(document("<alias name='hostdev0'/>", "ua-nic0"), NAME))
                .isPresent();
        assertThat(PairXml.nic(document("", "ua-nic0"), NAME)).isPresent();
        assertThat(PairXml.nic(document("<alias name='ua-other'/>", "ua-nic0"), NAME))
                .isEmpty();
        assertThat(PairXml.nic(document("", "ua-nic1"), NAME)).isEmpty();
    }

    private static XmlElement primary(String alias) {
        return primary(alias, "ua-nic0");
    }

    private static XmlElement primary(String alias, String standby) {
        return document(alias, standby).nics().get(0);
    }

    private static DomainDocument document(String alias, String standby) {
        return DomainDocument.parse("<domain><name>vm</name><devices><interface type='hostdev'>"
                + "<teaming type='transient' persistent='" + standby + "'/>" + alias
                + "</interface></devices></domain>");
    }
}

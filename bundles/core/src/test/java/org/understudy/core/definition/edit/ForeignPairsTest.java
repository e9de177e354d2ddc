// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.lint.Fixes;
import org.understudy.core.definition.lint.LintContext;
import org.understudy.core.definition.lint.Linter;

/** Definitions that other programs have written or rewritten. */
class ForeignPairsTest {
    private final PairEditor editor = new PairEditor();

    @Test
    void writesAPairInThePrefixOfTheMetadata() throws IOException {
        String original = read("metadata-in-another-prefix.xml");

        PairChange on =
                editor.turnOn(original, PairRequests.POOL.on(new NicSelector.ByIndex(2)), PairRequests.context());

        assertThat(on.changed()).isTrue();
        assertThat(DomainView.of(on.definition()).pairs()).hasSize(2).allMatch(DomainView.PairView::asked);
        assertThat(on.definition()).doesNotContain("understudy:pair");
        NicSelector added = new NicSelector.ByIndex(2);
        assertThat(editor.turnOff(on.definition(), added).definition()).isEqualTo(original);
    }

    @Test
    void writesMetadataBehindTheNamesOfTheVmAsTheSchemaOfLibvirtRequires() {
        String original = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, ""))
                .replace("</name>", "</name><uuid>d091ea82-29e6-2e34-3005-f02617b36e87</uuid>");

        String on = editor.turnOn(original, PairRequests.POOL.on(new NicSelector.Only()), PairRequests.context())
                .definition();

        List<String> names = DomainDocument.parse(on).root().children().stream()
                .map(XmlElement::name)
                .toList();
        assertThat(names).containsSubsequence("name", "uuid", "metadata");
        assertThat(editor.turnOff(on, new NicSelector.Only()).definition()).isEqualTo(original);
    }

    @Test
    void doesNotTakeAVirtioModelOnAPoolNetworkForAnEmulatedNic() {
        String vf = "<interface type='network'><mac address='52:54:00:00:00:09'/><source network='vfs'/>"
                + "<model type='virtio'/></interface>";
        String document = PairRequests.document(PairRequests.Q35, vf);

        PairChange change =
                editor.turnOn(document, PairRequests.POOL.on(new NicSelector.ByIndex(0)), PairRequests.context());

        assertThat(change.changed()).isFalse();
        assertThat(change.findings()).extracting(Finding::code).containsExactly(FindingCode.NIC_NOT_SUITABLE);
    }

    @Test
    void takesANicOnANetworkThatOnlyHasTheNameOfAPool() {
        String nic = "<interface type='network'><mac address='52:54:00:00:00:09'/><source network='vfs'/>"
                + "<model type='virtio'/></interface>";
        String document = PairRequests.document(PairRequests.Q35, nic);

        PairChange change = editor.turnOn(
                document, PairRequests.POOL.on(new NicSelector.Only()), PairRequests.contextWithoutHost());

        assertThat(change.findings()).isEmpty();
        assertThat(change.changed()).isTrue();
    }

    @Test
    void reportsARemovedPoolWhateverTheModelSays() throws IOException {
        LintContext context = LintContext.of(PairRequests.context().policy(), Optional.empty());
        String definition = read("network-primary-behind-bridge.xml").replace("network='vfs'", "network='gone'");

        assertThat(new Linter().lint(definition, context))
                .extracting(Finding::code)
                .contains(FindingCode.POOL_MISSING_ON_HOST)
                .doesNotContain(FindingCode.EMULATED_PRIMARY, FindingCode.EMULATED_PRIMARY_NOT_ALLOWED);
    }

    /** The second is what libvirt 9.0 makes of the first without an address: it assumes an emulated NIC. */
    @ParameterizedTest
    @ValueSource(strings = {"network-primary-on-root-bus.xml", "network-primary-behind-bridge.xml"})
    void aFixedPrimaryHasARootPortThatNoHostChanges(String file) throws IOException {
        PairChange fixed = new Fixes().fix(read(file), LintContext.none());

        assertThat(fixed.findings()).isEmpty();
        DomainDocument document = DomainDocument.parse(fixed.definition());
        XmlElement primary = document.nics().get(1);
        int bus = PciXml.guestAddress(primary).orElseThrow().bus();
        assertThat(PciXml.controllers(document).get(bus).attribute("model")).contains("pcie-root-port");
        assertThat(new Fixes().fix(fixed.definition(), LintContext.none()).changed())
                .isFalse();
    }

    private static String read(String name) throws IOException {
        try (InputStream in = ForeignPairsTest.class.getResourceAsStream("/cases/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

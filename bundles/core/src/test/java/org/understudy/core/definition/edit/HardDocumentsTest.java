// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.Nic;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.Severity;
import org.understudy.api.xml.XmlBytes;
import org.understudy.core.definition.DomainView;

/** Valid documents that a simple editor would break. */
class HardDocumentsTest {
    private static final NicSelector ONLY = new NicSelector.Only();

    private final PairEditor editor = new PairEditor();

    private PairChange on(String definition, NicSelector nic, PairRequests pairRequests) {
        return editor.turnOn(definition, pairRequests.on(nic), PairRequests.context());
    }

    @ParameterizedTest
    @EnumSource
    void usesTheNicIndexesOfTheView(PairRequests pairRequests) {
        String two = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, "") + PairRequests.nic(2, ""));
        String one = on(two, new NicSelector.ByIndex(0), pairRequests).definition();
        int second = DomainView.of(one).nics().stream()
                .filter(nic -> nic.mac().equals(Optional.of(new MacAddress("52:54:00:00:00:02"))))
                .mapToInt(Nic::index)
                .findFirst()
                .orElseThrow();

        PairChange both = on(one, new NicSelector.ByIndex(second), pairRequests);

        assertThat(both.changed()).isTrue();
        assertThat(DomainView.of(both.definition()).pairs()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void acceptsEitherHalfOfAPair(PairRequests pairRequests) {
        String original = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, ""));
        String on = on(original, ONLY, pairRequests).definition();

        assertThat(editor.turnOff(on, new NicSelector.ByAlias(new Alias("ua-primary0")))
                        .definition())
                .isEqualTo(original);
        assertThat(editor.turnOff(on, new NicSelector.ByIndex(1)).definition()).isEqualTo(original);
        assertThat(on(on, new NicSelector.ByIndex(1), pairRequests).changed()).isFalse();
    }

    @Test
    void doesNotSelectAPrimaryWithAVirtioModelAsFreeNic() {
        String arm = PairRequests.document("arch='aarch64' machine='virt'", PairRequests.nic(1, ""));
        String stored = on(arm, ONLY, PairRequests.POOL)
                .definition()
                .replace("<source network='vfs'/>", "<source network='vfs'/><model type='virtio'/>");

        PairChange again = on(stored, ONLY, PairRequests.POOL);

        assertThat(again.changed()).isFalse();
        assertThat(again.findings()).isEmpty();
    }

    @Test
    void refusesAStandbyNicWithoutAPrimary() {
        String lone = PairRequests.document(
                PairRequests.Q35, PairRequests.nic(1, "<teaming type='persistent'/><alias name='ua-x'/>"));

        assertThat(on(lone, new NicSelector.ByIndex(0), PairRequests.POOL).findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.NIC_NOT_SUITABLE);
    }

    @Test
    void doesNotRemoveADanglingPrimary() {
        String dangling = PairRequests.document(
                PairRequests.Q35,
                PairRequests.nic(1, "<teaming type='transient' persistent='ua-gone'/><alias name='ua-p'/>"));

        assertThat(editor.turnOff(dangling, new NicSelector.ByIndex(0)).findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.RESTORE_IMPOSSIBLE);
    }

    @Test
    void doesNotUseABusThatIsOnlyInAnAddress() {
        String address = "<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>";
        String on = on(PairRequests.document(PairRequests.Q35, PairRequests.nic(1, address)), ONLY, PairRequests.POOL)
                .definition();

        assertThat(on).contains("<controller type='pci' index='2' model='pcie-root-port'/>");
    }

    @Test
    void usesAGapWhenTheLastBusIsInUse() {
        String ports = ports(n -> n == 7 ? 8 : n, 255);
        String on = on(
                        PairRequests.document(PairRequests.Q35, PairRequests.nic(1, "") + ports),
                        ONLY,
                        PairRequests.POOL)
                .definition();

        assertThat(on).contains("<controller type='pci' index='7' model='pcie-root-port'/>");
    }

    @Test
    void reportsThatAllBusesAreInUse() {
        String full = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, "") + ports(n -> n, 255));

        PairChange change = on(full, ONLY, PairRequests.POOL);

        assertThat(change.changed()).isFalse();
        assertThat(change.findings()).extracting(Finding::code).containsExactly(FindingCode.NO_PCIE_SLOT_LEFT);
    }

    private static String ports(IntFunction<Integer> index, int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(n -> "<controller type='pci' index='" + index.apply(n) + "' model='pcie-root-port'/>")
                .collect(Collectors.joining());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<alias name='ua-a b'/>",
                "<alias name='ua-'/>",
                "<alias name='ua-\u00e4'></alias>",
                "<alias  name = \"net0\" />",
                "<alias name=''/>",
                "<alias/>"
            })
    void replacesAnAliasThatLibvirtWouldDrop(String alias) {
        String original = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, alias));
        String on = on(original, ONLY, PairRequests.POOL).definition();

        assertThat(DomainView.of(on).pairs()).hasSize(1);
        assertThat(editor.turnOff(on, ONLY).definition()).isEqualTo(original);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "ISO-8859-1", "UTF-16", "x-UTF-16LE-BOM"})
    void keepsTheEncodingWhenAPairIsAddedAndRemoved(String encoding) throws IOException {
        String document = "<?xml version='1.0' encoding='%s'?>\n<!-- Bj\u00f6rn -->%s"
                .formatted(
                        encoding.replaceAll("x-(UTF-16).*", "$1"),
                        PairRequests.document(PairRequests.Q35, PairRequests.nic(1, "<alias name='\u00fc'/>")));
        byte[] original = document.getBytes(encoding);

        String on = on(XmlBytes.read("given", original, Optional.empty()), ONLY, PairRequests.POOL)
                .definition();
        String stored = XmlBytes.read("stored", XmlBytes.write(on), Optional.empty());

        assertThat(DomainView.of(stored).pairs()).hasSize(1);
        assertThat(XmlBytes.write(editor.turnOff(stored, ONLY).definition())).isEqualTo(original);
    }

    @ParameterizedTest
    @ValueSource(strings = {"'n&#101;t\"0&apos;'", "\"net'0&#x22;\"", "'net\n0'", "'net&#10;0'"})
    void restoresAnAliasAsItWasWritten(String quoted) {
        String original = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, "<alias name=" + quoted + "/>"));
        String on = on(original, ONLY, PairRequests.POOL).definition();
        assertThat(editor.turnOff(on, ONLY).definition()).isEqualTo(original);

        char other = quoted.charAt(0) == '"' ? '\'' : '"';
        String requoted = on.replaceAll("<alias name=.ua-standby0.", "<alias name=" + other + "ua-standby0" + other);
        String off = editor.turnOff(requoted, ONLY).definition();
        assertThat(DomainView.of(off).nics()).hasSize(1);
    }

    @Test
    void restoresTheMachineTypeAsItWasWritten() {
        String original = PairRequests.document(
                "machine=\"pc-i440&#102;x-6.2\"", PairRequests.nic(1, "") + PairRequests.nic(2, ""));
        String first =
                on(original, new NicSelector.ByIndex(0), PairRequests.POOL).definition();
        String both = on(first, ONLY, PairRequests.POOL).definition();
        assertThat(both).contains("machine=\"pc-q35-6.2\"");

        String one = editor.turnOff(both, new NicSelector.ByIndex(0)).definition();
        assertThat(one).contains("machine=\"pc-q35-6.2\"");
        assertThat(editor.turnOff(one, ONLY).definition()).isEqualTo(original);
    }

    @Test
    void keepsTheMachineTypeOnceLibvirtHasAssignedItsAddresses() throws IOException {
        // Dumped from libvirt 9.0, which was given crlf-i440fx.xml with a pair and the consent to q35.
        String stored = Files.readString(Path.of("src/test/resources/libvirt/made-q35-after-define.xml"));

        PairChange off = editor.turnOff(stored, ONLY);

        assertThat(off.definition())
                .contains("machine='pc-q35-6.2'")
                .doesNotContain("teaming", "ua-", "understudy", "<controller type='pci' index='1'");
        assertThat(off.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.RESTORE_IMPOSSIBLE);
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
            assertThat(finding.message()).contains("pc-q35-6.2", "pc-i440fx-6.2");
        });
    }

    @Test
    void removesAPlainHostdevThatLibvirtMovedAfterOtherDevices() throws IOException {
        // Dumped from libvirt 9.0, which was given nova-q35.xml with a pair.
        String stored = Files.readString(Path.of("src/test/resources/libvirt/plain-hostdev-after-define.xml"));
        assertThat(DomainView.of(stored).pairs()).hasSize(1);

        PairChange off = editor.turnOff(stored, ONLY);

        assertThat(off.findings()).isEmpty();
        assertThat(off.definition())
                .contains("<alias name='net0'/>", "nova:package")
                .doesNotContain("teaming", "ua-", "understudy", "<hostdev", "<controller type='pci' index='4'");
    }

    @Test
    void keepsWhatOthersPutIntoTheMetadataItAdded() {
        String original = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, ""));
        String on = on(original, ONLY, PairRequests.POOL).definition();

        String commented = on.replace("</metadata>", "<!-- mine --></metadata>");
        assertThat(editor.turnOff(commented, ONLY).definition()).contains("<metadata><!-- mine --></metadata>");
        String shared = on.replace("</metadata>", "<x:y xmlns:x='urn:x'/></metadata>");
        assertThat(editor.turnOff(shared, ONLY).definition()).contains("<metadata><x:y xmlns:x='urn:x'/></metadata>");
    }

    @Test
    void acceptsAVirtMachineWithoutAnArchitecture() {
        assertThat(on(PairRequests.document("machine='virt'", PairRequests.nic(1, "")), ONLY, PairRequests.POOL)
                        .changed())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hda", "fda"})
    void refusesADiskThatIsOnIdeOrFloppyByItsName(String name) {
        String disk = "<disk type='file'><target dev='" + name + "'/></disk>";

        assertThat(on(PairRequests.document("machine='pc'", PairRequests.nic(1, "") + disk), ONLY, PairRequests.POOL)
                        .findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.MACHINE_WITHOUT_PCIE);
    }

    @Test
    void addsAnEmulatedPrimaryToTheVlanOfTheStandbyNic() {
        String port = "<virtualport type='openvswitch'><parameters interfaceid='1-2'/></virtualport>";
        String tag = "<vlan><tag id='42'/></vlan>";
        String mtu = "<mtu size='9000'/>";
        String on = on(
                        PairRequests.document(PairRequests.Q35, PairRequests.nic(1, port + tag + mtu)),
                        ONLY,
                        PairRequests.EMULATED)
                .definition();

        assertThat(on.split(tag, -1)).hasSize(3);
        assertThat(on).as("only virtio has this setting").containsOnlyOnce(mtu);
        assertThat(on).contains("<virtualport type='openvswitch'/>").containsOnlyOnce("interfaceid");
    }

    @Test
    void editsADocumentWithManyDevicesInBoundedTime() {
        String primaries = IntStream.range(0, 20_000)
                .mapToObj(n ->
                        "<interface><teaming type='transient' persistent='ua-standby%d'/><alias name='ua-q%d'/></interface>"
                                .formatted(n, n))
                .collect(Collectors.joining());
        String manyDevices = PairRequests.document(PairRequests.Q35, PairRequests.nic(1, "") + primaries);
        String primary = "<interface><mac address='52:54:00:00:00:02'/>"
                + "<teaming type='transient' persistent='ua-s'/><alias name='ua-p'/></interface>";
        String standby = PairRequests.nic(2, "<teaming type='persistent'/><alias name='ua-s'/>");
        String shared = PairRequests.document(PairRequests.Q35, standby + primary.repeat(20_000));

        assertTimeout(Duration.ofSeconds(15), () -> {
            DomainView.of(manyDevices);
            assertThat(on(manyDevices, new NicSelector.ByIndex(0), PairRequests.POOL)
                            .changed())
                    .isTrue();
            assertThat(editor.turnOff(shared, new NicSelector.ByMac(new MacAddress("52:54:00:00:00:02")))
                            .findings())
                    .extracting(Finding::code)
                    .containsExactly(FindingCode.RESTORE_IMPOSSIBLE);
        });
    }
}

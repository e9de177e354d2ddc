// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.Alias;
import org.understudy.api.Consent;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.VfSelector;
import org.understudy.api.xml.DomainDocument;
import org.understudy.core.definition.DomainView;
import org.understudy.core.testing.FakeDefinitionHost;

class PairEditorTest {
    private static final Path DOMAINS = Path.of("src/test/resources/domains");
    private static final PciAddress VF = PciAddress.parse("0000:01:10.2");

    private final PairEditor editor = new PairEditor();

    /** Layouts of the same document as tools write it. */
    private static final Map<String, UnaryOperator<String>> LAYOUTS = Map.of(
            "as it is", text -> text,
            "double quotes", text -> text.contains("\"") ? text : text.replace('\'', '"'),
            "line ends of DOS", text -> text.replace("\r\n", "\n").replace("\n", "\r\n"),
            "tabs", text -> text.replace("  ", "\t"),
            "a byte order mark", text -> "\uFEFF" + text,
            "no space between elements", text -> text.replaceAll(">\\s+<", "><"));

    private record Form(String name, PrimaryForm form, String pool) {}

    private static final List<Form> FORMS = List.of(
            new Form("pool network", PrimaryForm.POOL_NETWORK, "vfs"),
            new Form("hostdev interface", PrimaryForm.HOSTDEV_INTERFACE, "vfs"),
            new Form("plain hostdev", PrimaryForm.PLAIN_HOSTDEV, "vfs"),
            new Form("emulated", PrimaryForm.POOL_NETWORK, "stand-in"));

    static Stream<Arguments> everyDocumentLayoutAndForm() {
        return names().filter(name -> !name.startsWith("none-"))
                .flatMap(name -> LAYOUTS.keySet().stream()
                        .sorted()
                        .flatMap(layout -> FORMS.stream().map(form -> Arguments.of(name, layout, form))));
    }

    static Stream<String> impossible() {
        return names().filter(name -> name.startsWith("none-"));
    }

    private static Stream<String> names() {
        try (Stream<Path> files = Files.list(DOMAINS)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @MethodSource("everyDocumentLayoutAndForm")
    void turnOffRestoresEveryByte(String name, String layout, Form form) {
        String original = LAYOUTS.get(layout).apply(read(name));
        PairChange on = editor.turnOn(original, request(new NicSelector.ByIndex(0), form), context());
        assertThat(on.changed()).as("findings: %s", on.findings()).isTrue();
        assertThat(DomainView.of(on.definition()).pairs()).hasSize(1);
        assertThat(editor.turnOn(on.definition(), request(new NicSelector.ByIndex(0), form), context()))
                .as("on twice changes nothing")
                .satisfies(twice -> {
                    assertThat(twice.changed()).isFalse();
                    assertThat(twice.findings()).isEmpty();
                    assertThat(twice.definition()).isEqualTo(on.definition());
                });
        PairChange off = editor.turnOff(on.definition(), new NicSelector.Only());
        assertThat(off.changed()).isTrue();
        assertThat(off.definition()).isEqualTo(original);
        assertThat(editor.turnOff(original, new NicSelector.ByIndex(0)).changed())
                .isFalse();
    }

    @ParameterizedTest(name = "{0}, {1}, {2}")
    @MethodSource("everyDocumentLayoutAndForm")
    void onlyAddsExceptForTheAliasAndTheMachineType(String name, String layout, Form form) {
        String original = LAYOUTS.get(layout)
                .apply(read(name))
                .replace("<alias name='net0'/>", "")
                .replace("pc-i440fx-6.2", "pc-q35-6.2")
                .replace("<metadata />", "")
                .replace("<type>hvm", "<type machine='q35'>hvm");
        String changed = editor.turnOn(original, request(new NicSelector.ByIndex(0), form), context())
                .definition();
        assertThat(isSubsequence(original, changed)).isTrue();
        assertThat(changed).isNotEqualTo(original);
    }

    @ParameterizedTest
    @MethodSource("impossible")
    void reportsAFindingIfAPairIsNotPossible(String name) {
        String original = read(name);
        for (Form form : FORMS) {
            PairChange change = editor.turnOn(original, request(new NicSelector.ByIndex(0), form), context());
            assertThat(change.changed()).isFalse();
            assertThat(change.definition()).isSameAs(original);
            assertThat(Finding.anyBlocking(change.findings())).isTrue();
            assertThat(change.findings()).allSatisfy(f -> assertThat(f.remedy()).isNotBlank());
        }
    }

    @Test
    void removesSeveralPairsInAnyOrder() {
        String original = read("foreign.xml");
        Form form = FORMS.get(0);
        NicSelector first = new NicSelector.ByMac(new MacAddress("52:54:00:aa:bb:01"));
        NicSelector second = new NicSelector.ByAlias(new Alias("ua-mine"));
        String both = editor.turnOn(
                        editor.turnOn(original, request(first, form), context()).definition(),
                        request(second, form),
                        context())
                .definition();
        DomainView view = DomainView.of(both);
        assertThat(view.pairs()).hasSize(2);
        assertThat(view.pairs()).extracting(p -> p.standby().value()).containsExactly("ua-standby0", "ua-mine");
        assertThat(view.pairs()).allSatisfy(p -> assertThat(p.pool()).contains(new PoolName("vfs")));
        String without1 = editor.turnOff(both, first).definition();
        assertThat(DomainView.of(without1).pairs()).hasSize(1);
        assertThat(editor.turnOff(without1, second).definition()).isEqualTo(original);
        String without2 = editor.turnOff(both, second).definition();
        assertThat(editor.turnOff(without2, first).definition()).isEqualTo(original);
    }

    @Test
    void placesThePrimaryOnItsOwnPort() {
        String on = editor.turnOn(read("q35-plain.xml"), request(new NicSelector.Only(), FORMS.get(1)), context())
                .definition();
        assertThat(on).contains("""
                            <controller type='pci' index='2' model='pcie-root-port'/>
                        """).contains("""
                            <interface type='hostdev' managed='yes'>
                              <mac address='52:54:00:11:22:33'/>
                              <source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x2'/></source>
                              <teaming type='transient' persistent='ua-standby0'/>
                              <alias name='ua-primary0'/>
                              <rom enabled='no'/>
                              <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
                            </interface>
                        """);
    }

    @Test
    void copiesTheVlanToAVfAndTheSourceToAnEmulatedPrimary() {
        NicSelector tagged = new NicSelector.ByIndex(0);
        String vf = editor.turnOn(read("foreign.xml"), request(tagged, FORMS.get(0)), context())
                .definition();
        assertThat(vf.split("<vlan><tag id='42'/></vlan>", -1)).hasSize(3);
        String emulated = editor.turnOn(read("foreign.xml"), request(tagged, FORMS.get(3)), context())
                .definition();
        assertThat(emulated.split("<source network=\"net1\" portgroup='a\"b'/>", -1))
                .hasSize(3);
        assertThat(DomainView.of(emulated).pairs().get(0).kind()).isEqualTo(PrimaryKind.EMULATED);
    }

    @Test
    void changesTheMachineTypeOnlyWithConsent() {
        String original = read("crlf-i440fx.xml");
        PairRequest without = new PairRequest(
                new NicSelector.Only(), Optional.of(new PoolName("vfs")), Optional.empty(), Optional.empty(), Set.of());
        PairChange refused = editor.turnOn(original, without, context());
        assertThat(refused.changed()).isFalse();
        assertThat(refused.findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.MACHINE_CHANGE_NEEDS_CONSENT);
        String on = editor.turnOn(original, request(new NicSelector.Only(), FORMS.get(0)), context())
                .definition();
        assertThat(on).contains("machine='pc-q35-6.2'");
        assertThat(editor.turnOff(on, new NicSelector.Only()).definition()).isEqualTo(original);
    }

    @Test
    void removesAPairAfterLibvirtReformattedTheDocument() {
        String original = read("q35-plain.xml");
        String on = editor.turnOn(original, request(new NicSelector.Only(), FORMS.get(0)), context())
                .definition();
        // libvirt fills in the port's target, adds aliases, and indents metadata.
        String reformatted = on.replace(
                        "<controller type='pci' index='2' model='pcie-root-port'/>",
                        "<controller type='pci' index='2' model='pcie-root-port'>\n      <target chassis='2' port='0x11'/>\n    </controller>")
                .replace("<metadata><", "<metadata>\n    <")
                .replace("></metadata>", ">\n  </metadata>")
                .replace("<understudy:pair ", "\n      <understudy:pair ");
        PairChange off = editor.turnOff(reformatted, new NicSelector.Only());
        assertThat(off.definition()).isEqualTo(original);
    }

    @Test
    void readsItsPairAsLibvirtStoresIt() throws IOException {
        // Dumped from libvirt 9.0, which adds a model to the primary and fills in every address.
        String stored = Files.readString(Path.of("src/test/resources/libvirt/pool-network-after-define.xml"));
        assertThat(DomainView.of(stored).pairs()).singleElement().satisfies(pair -> {
            assertThat(pair.kind()).isEqualTo(PrimaryKind.VF);
            assertThat(pair.pool()).contains(new PoolName("vfs"));
        });
        String off = editor.turnOff(stored, new NicSelector.Only()).definition();
        assertThat(off).doesNotContain("understudy", "teaming", "ua-", "<metadata", "index='2'");
        assertThat(isSubsequence(off, stored)).isTrue();
    }

    @Test
    void refusesToRemoveAPairOfOtherOrigin() {
        String foreign = read("q35-plain.xml")
                .replace(
                        "<source bridge='br-data'/>",
                        "<source bridge='br-data'/><teaming type='persistent'/><alias name='ua-x'/>");
        PairChange off = editor.turnOff(foreign, new NicSelector.Only());
        assertThat(off.changed()).isFalse();
        assertThat(off.findings()).extracting(Finding::code).containsExactly(FindingCode.RESTORE_IMPOSSIBLE);
    }

    @Test
    void reportsAnAmbiguousOrMissingNic() {
        PairChange change =
                editor.turnOn(read("foreign.xml"), request(new NicSelector.Only(), FORMS.get(0)), context());
        assertThat(change.findings()).extracting(Finding::code).containsExactly(FindingCode.NIC_AMBIGUOUS);
        PairChange missing =
                editor.turnOn(read("foreign.xml"), request(new NicSelector.ByIndex(9), FORMS.get(0)), context());
        assertThat(missing.findings()).extracting(Finding::code).containsExactly(FindingCode.NIC_NOT_FOUND);
    }

    @Test
    void findsThePoolByTheNetworkOfTheNic() {
        PairRequest byNetwork =
                new PairRequest(new NicSelector.Only(), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());
        assertThat(editor.turnOn(read("q35-plain.xml"), byNetwork, context()).definition())
                .contains("<source network='vfs'/>");
        assertThat(editor.turnOn(read("aarch64-virt.xml"), byNetwork, context()).findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.POOL_UNKNOWN);
    }

    @Test
    void refusesADifferentPairAndReportsTheExistingOne() {
        for (Form existing : FORMS) {
            String on = editor.turnOn(read("q35-plain.xml"), request(new NicSelector.Only(), existing), context())
                    .definition();
            for (Form wanted : FORMS) {
                PairChange change = editor.turnOn(on, request(new NicSelector.Only(), wanted), context());
                assertThat(change.changed()).isFalse();
                if (wanted.equals(existing)) {
                    assertThat(change.findings()).isEmpty();
                } else {
                    assertThat(change.findings()).singleElement().satisfies(f -> {
                        assertThat(f.code()).isEqualTo(FindingCode.PAIR_DIFFERS);
                        assertThat(f.severity()).isEqualTo(Severity.ERROR);
                        assertThat(f.message())
                                .contains("ua-standby0", "is already a failover pair with ", "requested: ");
                    });
                }
            }
        }
    }

    @Test
    void keepsAPairOfAnyFormForARequestWithoutAForm() {
        PairRequest open =
                new PairRequest(new NicSelector.Only(), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());
        for (Form existing : FORMS) {
            String on = editor.turnOn(read("q35-plain.xml"), request(new NicSelector.Only(), existing), context())
                    .definition();
            assertThat(editor.turnOn(on, open, context()).findings()).isEmpty();
        }
    }

    @Test
    void refusesAnotherVfForAPair() {
        String on = editor.turnOn(read("q35-plain.xml"), request(new NicSelector.Only(), FORMS.get(1)), context())
                .definition();
        PairRequest other = new PairRequest(
                new NicSelector.Only(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(PciAddress.parse("0000:81:00.1")),
                Set.of());
        assertThat(editor.turnOn(on, other, context()).findings())
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("VF " + VF, "VF 0000:81:00.1"));
    }

    @ParameterizedTest
    @CsvSource({"stand-in,PLAIN_HOSTDEV,", "stand-in,POOL_NETWORK,0000:01:10.2", "vfs,POOL_NETWORK,0000:01:10.2"})
    void refusesAContradictoryRequest(String pool, PrimaryForm form, String vf) {
        String original = read("q35-plain.xml");
        PairRequest request = new PairRequest(
                new NicSelector.Only(),
                Optional.of(new PoolName(pool)),
                Optional.of(form),
                Optional.ofNullable(vf).map(PciAddress::parse),
                Set.of());
        PairChange change = editor.turnOn(original, request, context());
        assertThat(change.findings()).extracting(Finding::code).contains(FindingCode.PAIR_REQUEST_CONTRADICTORY);
        assertThat(change.definition()).isEqualTo(original);
    }

    @Test
    void refusesAnEmulatedPrimaryUnlessTheConfigurationAllowsIt() {
        PlanContext strict = new PlanContext(policy(false), Set.of());
        PairChange change = editor.turnOn(read("q35-plain.xml"), request(new NicSelector.Only(), FORMS.get(3)), strict);
        assertThat(change.changed()).isFalse();
        assertThat(change.findings()).extracting(Finding::code).contains(FindingCode.EMULATED_PRIMARY_NOT_ALLOWED);
    }

    @Test
    void setsTheVfOfTheDestination() {
        String on = editor.turnOn(read("q35-plain.xml"), request(new NicSelector.Only(), FORMS.get(1)), context())
                .definition();
        PciAddress destinationVf = PciAddress.parse("0001:81:02.5");
        String adjusted = DestinationDefinition.adjust(on, Map.of(new Alias("ua-primary0"), destinationVf), Map.of());
        assertThat(DomainView.of(adjusted).pairs().get(0).vf()).contains(destinationVf);
        assertThat(adjusted)
                .isEqualTo(on.replace(
                        "domain='0x0000' bus='0x01' slot='0x10' function='0x2'",
                        "domain='0x0001' bus='0x81' slot='0x02' function='0x5'"));
        assertThat(DestinationDefinition.adjust(on, Map.of(), Map.of())).isSameAs(on);
    }

    @Test
    void setsTheNetworkNamesOfTheDestination() {
        String plain = FakeDefinitionHost.xml("web1");
        assertThat(DestinationDefinition.adjust(plain, Map.of(), Map.of("br0", "br7", "br7", "br0")))
                .isEqualTo(plain.replace("bridge='br0'", "bridge='br7'"));
    }

    private static final String FILTERED = FakeDefinitionHost.xml("web1")
            .replace("<source bridge='br0'/>", "<source bridge='br0'/><filterref filter='clean-traffic'/>");

    private static final PairRequest ACCEPTING = new PairRequest(
            new NicSelector.Only(),
            Optional.of(new PoolName("vfs")),
            Optional.empty(),
            Optional.empty(),
            Set.of(Consent.BYPASS_FILTER));

    @Test
    void recordsTheConsentToBypassAFilterAndRemovesItWithThePair() {
        String on = editor.turnOn(FILTERED, ACCEPTING, context()).definition();

        assertThat(on).contains(" root-port='1' consents='bypass-filter'/>");
        assertThat(editor.turnOff(on, new NicSelector.Only()).definition()).isEqualTo(FILTERED);
    }

    @Test
    void recordsNoConsentForANicWithoutAFilter() {
        assertThat(editor.turnOn(FakeDefinitionHost.xml("web1"), ACCEPTING, context())
                        .definition())
                .doesNotContain("consents");
    }

    @Test
    void addsTheConsentToAnExistingPairOnce() {
        String on = editor.turnOn(FILTERED, without(ACCEPTING), context()).definition();

        PairChange accepted = editor.turnOn(on, ACCEPTING, context());

        assertThat(accepted.changed()).isTrue();
        assertThat(accepted.effect()).isEqualTo(PairChange.Effect.NONE);
        assertThat(accepted.definition()).contains("<understudy:pair consents='bypass-filter' ");
        assertThat(editor.turnOn(accepted.definition(), ACCEPTING, context()).changed())
                .isFalse();
    }

    private static PairRequest without(PairRequest request) {
        return new PairRequest(request.nic(), request.pool(), request.form(), request.vf(), Set.of());
    }

    @Test
    void keepsTheMarkOfANicToTheByte() {
        String metadata = "</uuid>\n  <metadata>\n    <u:pairs xmlns:u='" + DomainDocument.UNDERSTUDY
                + "'>\n      <u:mark nic='only' consents='bypass-filter'/>\n    </u:pairs>\n  </metadata>";
        String marked = FILTERED.replace("</uuid>", metadata).replace("q35", "pc");
        PairRequest request = new PairRequest(
                ACCEPTING.nic(),
                ACCEPTING.pool(),
                Optional.empty(),
                Optional.empty(),
                Set.of(Consent.CHANGE_MACHINE_TYPE));

        String on = editor.turnOn(marked, request, context()).definition();

        assertThat(on).contains("<u:mark nic='only' consents='bypass-filter'/>\n      <u:pair ", "machine='q35'");
        assertThat(editor.turnOff(on, new NicSelector.Only()).definition()).isEqualTo(marked);
    }

    @Test
    void parsesItsOwnOutput() {
        for (Form form : FORMS) {
            String on = editor.turnOn(read("q35-plain.xml"), request(new NicSelector.Only(), form), context())
                    .definition();
            assertThat(DomainDocument.parse(on).text()).isEqualTo(on);
        }
    }

    private static boolean isSubsequence(String part, String whole) {
        int at = 0;
        for (int i = 0; i < whole.length() && at < part.length(); i++) {
            if (whole.charAt(i) == part.charAt(at)) {
                at++;
            }
        }
        return at == part.length();
    }

    private static PairRequest request(NicSelector nic, Form form) {
        boolean needsVf = form.form() != PrimaryForm.POOL_NETWORK;
        return new PairRequest(
                nic,
                Optional.of(new PoolName(form.pool())),
                Optional.of(form.form()),
                needsVf ? Optional.of(VF) : Optional.empty(),
                Set.of(Consent.CHANGE_MACHINE_TYPE));
    }

    private static PlanContext context() {
        return new PlanContext(policy(true), Set.of());
    }

    private static Policy policy(boolean emulated) {
        Duration second = Duration.ofSeconds(1);
        return new Policy(
                List.of(),
                List.of(
                        new PoolPolicy(
                                new PoolName("vfs"),
                                PrimaryKind.VF,
                                List.of(VfSelector.parse("eno1#0-7")),
                                Optional.empty()),
                        new PoolPolicy(
                                new PoolName("stand-in"), PrimaryKind.EMULATED, List.of(), Optional.of("e1000e"))),
                Map.of("br-data", new PoolName("vfs")),
                new Policy.Deadlines(second, second, second, second, second, second, second, second),
                false,
                Optional.empty(),
                emulated,
                second,
                Map.of());
    }

    private static String read(String name) {
        try {
            return Files.readString(DOMAINS.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PairChange;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;

class LinterTest {
    private final Linter linter = new Linter();
    private final Fixes fixes = new Fixes();

    private static List<FindingCode> codes(List<Finding> findings) {
        return findings.stream().map(Finding::code).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<domain/>",
                "<domain type='lxc'><name>c</name><os><type>exe</type></os><devices><interface/></devices></domain>",
                "<domain type='xen'><os><type arch='x86_64' machine='xenpv'>linux</type></os><devices>"
                        + "<interface type='bridge'><model type='netfront'/></interface></devices></domain>",
                "<domain type='vmware'><devices><interface type='bridge'><mac address='00:0c:29:00:00:01'/>"
                        + "<model type='vmxnet3'/></interface></devices></domain>",
                "<domain type='bhyve'><os><type>hvm</type></os></domain>",
                "<domain type='kvm'><os><type arch='s390x' machine='s390-ccw-virtio'>hvm</type></os><devices>"
                        + "<interface type='direct'><source dev='enc1'/><model type='virtio'/></interface>"
                        + "<hostdev mode='subsystem' type='pci'><address type='zpci'/></hostdev></devices></domain>",
                "<domain type='qemu'><os><type arch='i686' machine='pc'>hvm</type></os><devices>"
                        + "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
                        + "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
                        + "<interface type='network'><source network='gone'/><model type='e1000e'/></interface>"
                        + "<interface type='hostdev'><source><address type='pci' bus='0x41'/></source></interface>"
                        + "<hostdev mode='subsystem' type='pci'><source><address bus='0x41'/></source></hostdev>"
                        + "</devices></domain>"
            })
    void reportsNothingForADefinitionWithoutAPair(String definition) {
        assertThat(linter.lint(definition, Contexts.policy(false))).isEmpty();
        assertThat(linter.lint(definition, Contexts.bridges())).isEmpty();
        assertThat(linter.lint(definition, Contexts.qemu(1, 0))).isEmpty();
        assertThat(linter.lint(definition, Contexts.iommu(false))).isEmpty();
        assertThat(fixes.fix(definition, LintContext.none()))
                .isEqualTo(new PairChange(false, PairChange.Effect.NONE, List.of(), definition));
    }

    @Test
    void warnsOfAPoolThatAnUnknownHostMayHave() {
        assertThat(new Linter().lint(Documents.pooled("vf-net"), Contexts.policy(false)))
                .filteredOn(f -> f.code() == FindingCode.POOL_MISSING_ON_HOST)
                .extracting(Finding::severity)
                .containsExactly(Severity.WARNING);
    }

    @Test
    void reportsNothingForAStandbyNicWithoutItsPrimary() {
        String live = "<domain type='kvm'><devices><interface type='bridge'><mac address='52:54:00:00:00:01'/>"
                + "<model type='virtio'/><teaming type='persistent'/><alias name='net0'/></interface></devices></domain>";

        assertThat(linter.lint(live, LintContext.none())).isEmpty();
    }

    @Test
    void fixesADefinitionWithDependentFindings() {
        String broken = """
                <domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
                <interface type='bridge'><mac address='52:54:00:00:00:01'/><model type='virtio'/><alias name='net0'/></interface>
                <interface type='hostdev'><mac address='52:54:00:00:00:99'/><teaming type='transient' persistent='net0'/><address type='pci' slot='3' function='1'/></interface>
                </devices></domain>
                """;

        PairChange change = fixes.fix(broken, LintContext.none());

        assertThat(change.findings()).isEmpty();
        assertThat(change.definition()).isEqualTo("""
                        <domain type='kvm'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
                        <interface type='bridge'><mac address='52:54:00:00:00:01'/><model type='virtio'/><teaming type='persistent'/><alias name='ua-net0'/></interface>
                        <interface type='hostdev'><mac address='52:54:00:00:00:01'/><teaming type='transient' persistent='ua-net0'/><rom enabled='no'/><address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>
                        <controller type='pci' index='1' model='pcie-root-port'/>
                        </devices></domain>
                        """);
    }

    @Test
    void keepsAFindingThatNeedsConsent() {
        String definition = Documents.replace(
                Documents.with("pc-q35-7.2", "pc-i440fx-7.2"), "persistent='ua-standby0'", "persistent='ua-gone'");

        PairChange change = fixes.fix(definition, LintContext.none());

        assertThat(change.changed()).isTrue();
        assertThat(codes(change.findings())).containsExactly(FindingCode.MACHINE_WITHOUT_PCIE);
        assertThat(change.findings()).extracting(Finding::fixable).containsExactly(false);
    }

    @Test
    void doesNotSelectOneOfTwoStandbyNics() {
        String definition = Documents.replace(
                Documents.withDevice(Documents.SECOND_STANDBY.replace("bb:02", "bb:03")),
                "52:54:00:aa:BB:01",
                "52:54:00:00:00:07");
        definition = Documents.replace(definition, "persistent='ua-standby0'", "persistent='ua-gone'");

        PairChange change = fixes.fix(definition, LintContext.none());

        assertThat(change.changed()).isFalse();
        assertThat(codes(change.findings())).containsExactly(FindingCode.ALIAS_UNKNOWN);
    }

    @Test
    void doesNotReuseAnAliasOfAnotherDevice() {
        String disk = "<disk type='file'><alias name='ua-net0'/></disk>";
        String definition =
                Documents.withDevice(disk).replace("ua-standby0'/>\n      <address", "net0'/>\n      <address");

        PairChange change = fixes.fix(
                Documents.replace(definition, "persistent='ua-standby0'", "persistent='net0'"), LintContext.none());

        assertThat(change.definition()).contains("<alias name='ua-net0-2'/>", "persistent='ua-net0-2'");
        assertThat(change.findings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "0x", "", " ", "99999999999999999999", "0x100", "\u0661", "two", "&#10;"})
    void ignoresUnreadableNumbers(String number) {
        String bus = "bus='0x02' slot='0x00' function='0x0'/>";
        String garbled = Documents.with(bus, bus.replace("0x02", number).replace("'0x00'", "'" + number + "'"));

        assertThat(linter.lint(garbled, Contexts.heldBy(""))).isEmpty();
    }

    @Test
    void reportsAnUnreadableMacAddress() {
        List<Finding> findings = linter.lint(Documents.with("52:54:00:aa:BB:01", "not a&#10;MAC"), LintContext.none());

        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.MAC_MISMATCH);
            assertThat(finding.message()).contains("'not a MAC'");
        });
    }

    @Test
    void truncatesLongValuesInMessages() {
        String name = "n".repeat(1_000_000);
        String definition = Documents.replace(
                Documents.with("<name>web1</name>", "<name>" + name + "</name>"),
                "persistent='ua-standby0'",
                "persistent='" + name + "'");

        assertThat(linter.lint(definition, LintContext.none()))
                .allSatisfy(f -> assertThat(f.subject() + f.message()).hasSizeLessThan(600));
    }

    @Test
    void checksAndFixesThousandsOfPairsInBoundedTime() {
        StringBuilder devices = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            devices.append("<interface type='bridge'><model type='virtio'/><teaming type='persistent'/></interface>")
                    .append("<interface type='hostdev'><teaming type='transient' persistent='net' /></interface>");
        }
        String definition = Documents.withDevice(devices.toString());

        assertTimeout(
                Duration.ofSeconds(20),
                () -> assertThat(fixes.fix(definition, LintContext.none()).findings())
                        .hasSizeGreaterThan(5_000));
    }

    @Test
    void refusesADocumentThatIsNotADomain() {
        assertThatThrownBy(() -> linter.lint("<network/>", LintContext.none()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MALFORMED_XML));
        assertThatThrownBy(() -> fixes.fix("<!DOCTYPE domain><domain/>", LintContext.none()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.XML_REFUSED));
    }

    static Stream<String> garbledDefinitions() {
        return IntStream.range(0, 120).mapToObj(seed -> Garbler.garble(new Random(seed)));
    }

    @ParameterizedTest(name = "garbled {index}")
    @MethodSource("garbledDefinitions")
    void fixesAllFixableFindingsOfAnyDefinition(String definition) {
        for (LintContext context : List.of(LintContext.none(), Contexts.policy(false), Contexts.heldBy("x"))) {
            PairChange change = fixes.fix(definition, context);

            assertThat(change.findings()).noneMatch(Finding::fixable);
            assertThat(change.findings()).isEqualTo(linter.lint(change.definition(), context));
            assertThat(fixes.fix(change.definition(), context).changed()).isFalse();
            assertThat(change.changed())
                    .isEqualTo(linter.lint(definition, context).stream().anyMatch(Finding::fixable));
        }
    }
}

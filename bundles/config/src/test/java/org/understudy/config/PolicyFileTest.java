// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.Role;
import org.understudy.api.Severity;
import org.understudy.api.VfDefaults;
import org.understudy.api.VfSelector;
import org.understudy.api.VmName;
import org.understudy.config.PolicyFile.Reading;

class PolicyFileTest {
    @TempDir
    Path folder;

    @Test
    void separatesNicAccessFromTheOptionsOfTheConnector() {
        Policy policy = good("""
                hosts:
                  - name: beta
                    connector: peer
                    url: https://beta
                    nics: {access: ssh, port: 22}
                """);

        assertThat(policy.hosts())
                .containsExactly(new HostPolicy(
                        new HostName("beta"),
                        "peer",
                        Map.of("url", "https://beta"),
                        Map.of("access", "ssh", "port", "22")));
    }

    @Test
    void readsEveryKey() {
        Policy policy = good("""
                hosts:
                  - name: alpha
                    connector: qemu
                    directory: /srv/alpha
                    migration-ports: 49152-49160
                  - {name: beta, connector: libvirt, networks: {br0: br7}}
                pools:
                  - name: pool-a
                    select: ["eno1#0-7", eno2]
                    network: true
                    adopt: true
                    trust: true
                    spoof-check: false
                    link-state: enable
                    qos: 3
                    min-rate: 10
                    max-rate: 1000
                  - name: trial
                    kind: emulated
                    model: igb
                networks:
                  br0: pool-a
                migration:
                  require-vf: true
                  strategy: explicit
                  settle: 0s
                  at-once: 4
                  deadlines: {preflight: 1s, prepare: 2s, unplug: 3s, copy: 4h, switchover: 500ms, plug: 6s,
                    release: 7s, cancel: 2m}
                allow-emulated-primary: yes
                probes:
                  web1: heartbeat:127.0.0.1:47000/1
                  web2: {kind: icmp, address: 192.0.2.1, interval: 20ms}
                """);

        assertThat(policy)
                .isEqualTo(new Policy(
                        List.of(
                                new HostPolicy(
                                        new HostName("alpha"),
                                        "qemu",
                                        Map.of("directory", "/srv/alpha", "migration-ports", "49152-49160")),
                                new HostPolicy(
                                        new HostName("beta"), "libvirt", Map.of(), Map.of(), Map.of("br0", "br7"))),
                        List.of(
                                new PoolPolicy(
                                        new PoolName("pool-a"),
                                        PrimaryKind.VF,
                                        List.of(VfSelector.parse("eno1#0-7"), VfSelector.parse("eno2")),
                                        Optional.empty(),
                                        Optional.of(true),
                                        true,
                                        new VfDefaults(
                                                Optional.of(true),
                                                Optional.of(false),
                                                Optional.of(VfDefaults.LinkState.ENABLE),
                                                OptionalInt.of(3),
                                                OptionalInt.of(10),
                                                OptionalInt.of(1000),
                                                OptionalInt.empty())),
                                new PoolPolicy(
                                        new PoolName("trial"), PrimaryKind.EMULATED, List.of(), Optional.of("igb"))),
                        Map.of("br0", new PoolName("pool-a")),
                        new Policy.Deadlines(
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(3),
                                Duration.ofHours(4),
                                Duration.ofMillis(500),
                                Duration.ofSeconds(6),
                                Duration.ofSeconds(7),
                                Duration.ofMinutes(2)),
                        true,
                        Optional.of(MigrationStrategy.EXPLICIT),
                        true,
                        Duration.ZERO,
                        Map.of(
                                new VmName("web1"),
                                new ProbeTarget.Heartbeat("127.0.0.1", 47000, 1),
                                new VmName("web2"),
                                new ProbeTarget.Icmp("192.0.2.1", Duration.ofMillis(20))),
                        AccessPolicy.DEFAULT,
                        4));
    }

    @Test
    void usesDefaultsForMissingKeys() {
        Policy policy = good("migration:");

        assertThat(policy).isEqualTo(PolicyFile.defaults());
        assertThat(policy.hosts()).isEmpty();
        assertThat(policy.settle()).isEqualTo(Duration.ofSeconds(5));
        assertThat(policy.migrationsAtOnce()).isEqualTo(2);
        assertThat(policy.deadlines().cancel()).isGreaterThan(Duration.ofSeconds(30));
        assertThat(policy.requireVf()).isFalse();
        assertThat(policy.allowEmulatedPrimary()).isFalse();
    }

    @Test
    void shipsASampleThatIsValidAsItIs() throws IOException {
        Policy policy = good(sample());

        assertThat(policy.hosts()).extracting(h -> h.name().value()).containsExactly("local");
        assertThat(policy.deadlines()).isEqualTo(PolicyFile.defaults().deadlines());
    }

    @Test
    void shipsASampleWhoseCommentedSettingsAreValidAndShowTheDefaults() throws IOException {
        Policy policy = good(
                sample().replaceAll("(?m)^#(?=\\S| {2,})", "").replace("${sys:karaf.data}", "${sys:java.io.tmpdir}"));

        Policy defaults = PolicyFile.defaults();
        assertThat(policy.deadlines()).isEqualTo(defaults.deadlines());
        assertThat(policy.settle()).isEqualTo(defaults.settle());
        assertThat(policy.migrationsAtOnce()).isEqualTo(defaults.migrationsAtOnce());
        assertThat(policy.requireVf()).isEqualTo(defaults.requireVf());
        assertThat(policy.allowEmulatedPrimary()).isEqualTo(defaults.allowEmulatedPrimary());
        assertThat(policy.pools()).hasSize(2);
        assertThat(policy.networkPools()).hasSize(1);
        assertThat(policy.probes()).hasSize(6);
        assertThat(policy.hosts().get(0).options())
                .containsOnlyKeys(
                        "directory",
                        "binary",
                        "user",
                        "bridge-helper",
                        "migration-address",
                        "migration-ports",
                        "accelerator",
                        "tls-directory");
    }

    @Test
    void namesFileLineKeyAndValueOfAWrongValue() {
        Finding finding = only("migration:\n  # why\n  settle: 30 parsecs\n");

        assertThat(finding.code()).isEqualTo(FindingCode.CONFIGURATION_REJECTED);
        assertThat(finding.severity()).isEqualTo(Severity.ERROR);
        assertThat(finding.message())
                .contains("understudy.yaml, line 3, key migration.settle")
                .contains("'30 parsecs'");
        assertThat(finding.remedy()).contains("30s");
    }

    @ParameterizedTest
    @CsvSource({
        "migation: {}, migration, migation",
        "migration: {setle: 5s}, settle, migration.setle",
        "migration: {deadlines: {unplugg: 1s}}, unplug, migration.deadlines.unplugg",
        "'pools: [{name: a, selects: [x]}]', select, pools[0].selects",
        "'probes: {web1: {kind: icmp, adress: 192.0.2.1}}', address, probes.web1.adress",
    })
    void suggestsTheKeyThatWasMeant(String text, String meant, String key) {
        assertThat(bad(text))
                .anySatisfy(f -> assertThat(f.message()).contains("line 1, key " + key + ": "))
                .anySatisfy(f -> assertThat(f.remedy()).isEqualTo("Did you mean '" + meant + "'?"));
    }

    @Test
    void listsTheKnownKeysIfNoneIsSimilar() {
        assertThat(only("migration: {quickly: true}").remedy())
                .contains("settle")
                .contains("require-vf");
    }

    @Test
    void readsTheVlanOfAPool() {
        assertThat(good("pools: [{name: a, select: [x], vlan: 20}]").pools())
                .singleElement()
                .satisfies(pool -> assertThat(pool.defaults().vlan()).hasValue(20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hosts: {name: a, connector: qemu}",
                "hosts: alpha",
                "hosts: [alpha]",
                "hosts: [{connector: qemu}]",
                "hosts: [{name: a}]",
                "hosts: [{name: 'a b', connector: qemu}]",
                "hosts: [{name: a, connector: qemu, directory: }]",
                "hosts: [{name: a, connector: qemu, directory: '${sys:no.such.property}'}]",
                "hosts: [{name: a, connector: qemu, ports: [1, 2]}]",
                "hosts: [{name: a, connector: qemu}, {name: a, connector: qemu}]",
                "pools: [{name: a, select: [x]}, {name: a, select: [y]}]",
                "pools: [{name: a}]",
                "pools: [{name: a, kind: real, select: [x]}]",
                "pools: [{name: a, kind: emulated, select: [x]}]",
                "pools: [{name: a, select: [x], model: igb}]",
                "pools: [{name: a, select: [x], network: br0}]",
                "pools: [{name: a, kind: emulated, network: true}]",
                "pools: [{name: a, kind: emulated, adopt: true}]",
                "pools: [{name: a, select: [x], link-state: up}]",
                "pools: [{name: a, select: [x], qos: 8}]",
                "pools: [{name: a, select: [x], min-rate: 2, max-rate: 1}]",
                "pools: [{name: a, select: [x], vlan: 0}]",
                "pools: [{name: a, select: [x], vlan: 4095}]",
                "pools: [{name: a, select: [x], network: true, vlan: 20}]",
                "networks: {br0: pool-a}",
                "networks: [br0]",
                "allow-emulated-primary: maybe",
                "migration: {settle: 30}",
                "migration: {at-once: 0}",
                "migration: {settle: -1s}",
                "migration: {settle: 99999999999h}",
                "migration: {deadlines: {copy: 0s}}",
                "migration: 5s",
                "probes: {web1: smoke:signals}",
                "probes: {web1: 'heartbeat:127.0.0.1:99999/1'}",
                "probes: {web1: {kind: icmp}}",
                "probes: {web1: {kind: dns, address: a}}",
                "probes: {web1: {kind: heartbeat, port: 70000}}",
                "probes: {'': 'icmp:192.0.2.1'}",
                "probes: {web1: }",
                "security: {realm: }",
                "security: {roles: {viewer: [a], admin: [a]}}",
                "security: {roles: {root: [a]}}",
                "security: {basic: maybe}",
                "security: {session: {idle: 5s}}",
                "- a list",
            })
    void refusesAWrongValueWithOneFinding(String text) {
        Finding finding = only(text);

        assertThat(finding.message()).contains("understudy.yaml, line 1");
        assertThat(finding.remedy()).isNotBlank();
    }

    @Test
    void mapsTheRolesOfTheRealmAndKeepsTheDefaultsOfOtherRoles() {
        AccessPolicy access = good("""
                security:
                  realm: corporate
                  role-classes: [org.example.GroupPrincipal]
                  roles:
                    operator: [vm-team]
                    admin: [manager, root]
                  basic: false
                  session: {idle: 5m, lifetime: 1h}
                """).access();

        assertThat(access)
                .isEqualTo(new AccessPolicy(
                        "corporate",
                        Set.of("org.example.GroupPrincipal"),
                        Map.of(
                                "viewer", Role.VIEWER,
                                "vm-team", Role.OPERATOR,
                                "manager", Role.ADMIN,
                                "root", Role.ADMIN,
                                "peer", Role.PEER),
                        false,
                        Duration.ofMinutes(5),
                        Duration.ofHours(1)));
        assertThat(good("hosts: []\n").access()).isEqualTo(AccessPolicy.DEFAULT);
    }

    @Test
    void reportsAllProblemsOfAFileAtOnce() {
        assertThat(bad("migration: {settle: soon}\nallow-emulated-primary: maybe\ncolour: red\n"))
                .hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hosts:\n\t- name: a",
                "hosts: [",
                "settle: 1s\nsettle: 2s",
                "a: 1\n---\nb: 2",
                "a: &x [1]\nb: *x",
                "? [a]\n: b",
                "a: \u0007",
            })
    void namesTheLineOfBrokenYaml(String text) {
        assertThat(only(text).message()).contains("understudy.yaml, line ");
    }

    @Test
    void refusesAFileThatIsNotUtf8() throws IOException {
        Files.write(file(), new byte[] {'a', ':', ' ', (byte) 0xff});

        assertThat(new PolicyFile(file()).read(Reading.none()).findings())
                .singleElement()
                .satisfies(f -> assertThat(f.remedy()).contains("UTF-8"));
    }

    @Test
    void replacesSystemPropertiesInValues() {
        Policy policy = good("hosts: [{name: a, connector: qemu, directory: '${sys:java.io.tmpdir}/vms'}]");

        assertThat(policy.hosts().get(0).options())
                .containsEntry("directory", System.getProperty("java.io.tmpdir") + "/vms");
    }

    @Test
    void onlyNoticesThatTheFileIsMissing() {
        Reading reading = new PolicyFile(file()).read(Reading.none());

        assertThat(reading.policy()).isEqualTo(PolicyFile.defaults());
        assertThat(reading.findings())
                .singleElement()
                .satisfies(f -> assertThat(f.severity()).isEqualTo(Severity.NOTICE));
    }

    /** Two hosts and a value that is not the default. */
    private Reading inForce() {
        Reading reading = read("""
                hosts:
                  - {name: alpha, connector: qemu, directory: /srv/alpha}
                  - {name: beta, connector: qemu}
                migration: {settle: 7s}
                """, Reading.none());
        assertThat(reading.findings()).isEmpty();
        return reading;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "# only comments\n",
                "---\n",
                "hosts:\n",
                "hosts:\n# - name: alpha\n",
                "hosts:\n  - {name: alpha, connector: qe",
                "hosts:\n  - {name: alpha, connector: qemu, directory: /srv/alpha}\n  - {name: beta, connector: qemu}",
                "hosts:\n  - {name: alpha, connector: qemu, directory: /srv/alpha}\n  - {name: beta",
                "hosts:\n  - {name: alpha, connector: qemu, directory: /srv/alpha}\n  - name: beta\n",
                "hosts: {alpha: qemu}\n",
                "hots: []\n",
                "alpha\n",
                "- alpha\n",
            })
    void emptyOrIncompleteFileIsAnErrorAndRemovesNoHost(String text) {
        Reading before = inForce();

        Reading reading = read(text, before);

        assertThat(reading.policy().hosts()).isEqualTo(before.policy().hosts());
        assertThat(reading.findings()).isNotEmpty().allSatisfy(f -> {
            assertThat(f.severity()).isEqualTo(Severity.ERROR);
            assertThat(f.remedy()).isNotBlank();
        });
    }

    @Test
    void removedFileIsAnErrorWhileHostsAreInForce() throws IOException {
        Reading before = inForce();
        Files.delete(file());

        Reading reading = new PolicyFile(file()).read(before);

        assertThat(reading.policy()).isEqualTo(before.policy());
        assertThat(reading.findings())
                .singleElement()
                .satisfies(f -> assertThat(f.severity()).isEqualTo(Severity.ERROR));
    }

    @Test
    void removesAllHostsIfTheFileStatesIt() {
        Reading reading = read("hosts: []\n", inForce());

        assertThat(reading.policy()).isEqualTo(PolicyFile.defaults());
        assertThat(reading.findings()).isEmpty();
    }

    @Test
    void fileWithoutLineBreakAtItsEndIsCompleteIfTheOneBeforeHadNone() {
        Reading first = read("migration: {settle: 1s}", Reading.none());
        Reading second = read("migration: {settle: 2s}", first);

        assertThat(second.policy().settle()).isEqualTo(Duration.ofSeconds(2));
        assertThat(second.findings()).isEmpty();
    }

    @Test
    void hostWithAWrongValueKeepsItsLastOptionsAndTheRestApplies() {
        Reading reading = read("""
                hosts:
                  - {name: alpha, connector: qemu, directory: [/srv/alpha]}
                  - {name: beta, connector: libvirt}
                  - {name: gamma, connector: qemu}
                migration: {settle: 9s}
                """, inForce());

        assertThat(reading.policy().hosts())
                .containsExactly(
                        new HostPolicy(new HostName("alpha"), "qemu", Map.of("directory", "/srv/alpha")),
                        new HostPolicy(new HostName("beta"), "libvirt", Map.of()),
                        new HostPolicy(new HostName("gamma"), "qemu", Map.of()));
        assertThat(reading.policy().settle()).isEqualTo(Duration.ofSeconds(9));
        assertThat(reading.findings()).singleElement().satisfies(f -> {
            assertThat(f.subject()).isEqualTo("host alpha");
            assertThat(f.message())
                    .contains("line 2, key hosts[0].directory: must be one value")
                    .endsWith("; host alpha keeps its last valid options");
        });
    }

    @Test
    void wrongValueElsewhereKeepsItsGroupOfKeysAndTheRestApplies() {
        Reading reading = read("""
                hosts: [{name: alpha, connector: libvirt}]
                pools: [{name: a, select: [eno1]}]
                migration: {require-vf: true, settle: soon}
                """, inForce());

        assertThat(reading.policy().hosts())
                .extracting(HostPolicy::connector)
                .as("a file with a problem removes no host")
                .containsExactly("libvirt", "qemu");
        assertThat(reading.policy().pools()).hasSize(1);
        assertThat(reading.policy().settle()).isEqualTo(Duration.ofSeconds(7));
        assertThat(reading.policy().requireVf()).isFalse();
        assertThat(reading.findings()).hasSize(1);
    }

    @Test
    void misspelledKeyKeepsTheLastStateOfTheKeyThatIsMissing() {
        Reading reading = read("hosts: []\nmigation: {settle: 9s}\n", inForce());

        assertThat(reading.policy().settle()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void rightHostsOfAFirstFileWithProblemsAreUsed() {
        Reading reading = read("""
                hosts:
                  - {name: alpha, connector: qemu, directory: }
                  - {name: beta, connector: qemu}
                  - {connector: qemu}
                migration: {settle: soon}
                """, Reading.none());

        assertThat(reading.policy().hosts()).containsExactly(new HostPolicy(new HostName("beta"), "qemu", Map.of()));
        assertThat(reading.policy().settle()).isEqualTo(Duration.ofSeconds(5));
        assertThat(reading.findings())
                .hasSize(3)
                .anySatisfy(f -> assertThat(f.message()).endsWith("; host alpha is not used"));
    }

    private Policy good(String text) {
        Reading reading = read(text, Reading.none());
        assertThat(reading.findings()).isEmpty();
        return reading.policy();
    }

    private List<Finding> bad(String text) {
        Reading reading = read(text, Reading.none());
        assertThat(reading.policy()).isEqualTo(PolicyFile.defaults());
        return reading.findings();
    }

    private Finding only(String text) {
        List<Finding> findings = bad(text);
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }

    private Reading read(String text, Reading before) {
        try {
            Files.writeString(file(), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return new PolicyFile(file()).read(before);
    }

    private Path file() {
        return folder.resolve("understudy.yaml");
    }

    private static String sample() throws IOException {
        try (InputStream in = PolicyFile.class.getResourceAsStream("/understudy.yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}

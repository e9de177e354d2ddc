// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.JsonView;
import org.understudy.api.MacAddress;
import org.understudy.api.Migration;
import org.understudy.api.NetworkGap;
import org.understudy.api.Nic;
import org.understudy.api.NicRole;
import org.understudy.api.NicSelector;
import org.understudy.api.Outcome;
import org.understudy.api.PairHealth;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostFacts;
import org.understudy.json.testing.Samples;

class RecordJsonTest {
    private final JsonView json = new RecordJson();

    static List<Class<?>> everyRecord() throws Exception {
        return Samples.everyRecord();
    }

    @Test
    void findsTheRecordsToTest() throws Exception {
        assertThat(everyRecord()).hasSizeGreaterThan(40).contains(VmName.class, HostFacts.Version.class);
    }

    @ParameterizedTest
    @MethodSource("everyRecord")
    void writesEveryRecordOfTheVocabularyByTheRules(Class<?> type) throws IOException {
        Object sample = Samples.FULL.of(type);
        JsonNode written = new ObjectMapper().readTree(json.write(sample));

        boolean choice = Arrays.stream(type.getInterfaces()).anyMatch(Class::isSealed);
        if (written.isValueNode()) {
            assertThat(choice).isFalse();
            assertThat(written.asText()).isEqualTo(sample.toString());
        } else {
            assertThat(choice || type.getRecordComponents().length > 1)
                    .as("a record with one value is that value")
                    .isTrue();
            assertThat(keys(written)).isEqualTo(expectedKeys(type, choice));
        }
    }

    private static List<String> keys(JsonNode node) {
        List<String> keys = new ArrayList<>();
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            keys.add(names.next());
        }
        return keys;
    }

    private static List<String> expectedKeys(Class<?> type, boolean choice) {
        Stream<String> components = Arrays.stream(type.getRecordComponents())
                .map(c -> c.getGenericType().getTypeName().contains("java.time.Duration")
                        ? c.getName() + "Ms"
                        : c.getName());
        return Stream.concat(choice ? Stream.of("kind") : Stream.empty(), components)
                .toList();
    }

    @Test
    void writesNamesAddressesAndVersionsAsText() {
        assertThat(json.write(List.of(
                        new VmName("web1"),
                        new MacAddress("52:54:00:AA:BB:CC"),
                        PciAddress.parse("01:10.2"),
                        new HostFacts.Version(7, 2, 22))))
                .isEqualTo("[\"web1\",\"52:54:00:aa:bb:cc\",\"0000:01:10.2\",\"7.2.22\"]");
    }

    /** Messages show an escaped name, but a client needs the name itself. */
    @Test
    void writesTheWholeNameOfAVmAlsoAsAKey() throws IOException {
        String odd = "a\tb \u202E\uD83D\uDE00\"";

        assertThat(new ObjectMapper().readTree(json.write(new VmName(odd))).asText())
                .isEqualTo(odd);
        assertThat(keys(new ObjectMapper().readTree(json.write(Map.of(new VmName(odd), 1)))))
                .containsExactly(odd);
    }

    @Test
    void leavesEmptyOptionalsOut() {
        Nic nic = new Nic(0, Optional.empty(), Optional.empty(), "virtio", "bridge br0", NicRole.PLAIN);

        assertThat(json.write(nic))
                .isEqualTo("{\"index\":0,\"model\":\"virtio\",\"source\":\"bridge br0\",\"role\":\"plain\"}");
    }

    @Test
    void writesDurationsAsMillisecondsDownToMicroseconds() {
        Map<String, Duration> one = Map.of("wait", Duration.ofNanos(12_345_600));

        assertThat(json.write(one)).isEqualTo("{\"waitMs\":12.346}");
        assertThat(json.write(Duration.ofSeconds(1000))).isEqualTo("1000000");
        assertThat(json.write(Duration.ofNanos(1_500_000))).isEqualTo("1.5");
        assertThat(json.write(Duration.ZERO)).isEqualTo("0");
    }

    @Test
    void writesInstantsAsIsoTimeInUtc() {
        assertThat(json.write(Instant.parse("2026-11-01T10:15:00.25Z"))).isEqualTo("\"2026-11-01T10:15:00.250Z\"");
    }

    @Test
    void writesEnumConstantsInLowerCaseWithHyphens() {
        assertThat(json.write(List.of(Outcome.COMPLETED_DEGRADED, PairHealth.ON_STANDBY)))
                .isEqualTo("[\"completed-degraded\",\"on-standby\"]");
        for (FindingCode code : FindingCode.values()) {
            assertThat(json.write(code)).isEqualTo('"' + code.id() + '"');
        }
    }

    @Test
    void distinguishesTheFormsOfASealedTypeByKind() {
        NetworkGap gap = new NetworkGap.NotMeasured("no probe");
        NicSelector nic = new NicSelector.ByAlias(new Alias("ua-1"));

        assertThat(json.write(gap)).isEqualTo("{\"kind\":\"not-measured\",\"reason\":\"no probe\"}");
        assertThat(json.write(nic)).isEqualTo("{\"kind\":\"by-alias\",\"alias\":\"ua-1\"}");
        assertThat(json.write(new NicSelector.Only())).isEqualTo("{\"kind\":\"only\"}");
        assertThat(json.write(List.of(gap))).isEqualTo("[{\"kind\":\"not-measured\",\"reason\":\"no probe\"}]");
    }

    @Test
    void usesNamesAsKeysOfAMap() {
        assertThat(json.write(Map.of(new HostName("a"), PairHealth.OFF))).isEqualTo("{\"a\":\"off\"}");
    }

    @Test
    void escapesTextOfGuestsAndAdmins() throws IOException {
        String odd = "a\"b\\c\n\u0001</script>\u2028é";
        Finding finding = Finding.of(FindingCode.HEALTHY, odd, odd, "");

        JsonNode read = new ObjectMapper().readTree(json.write(finding));

        assertThat(read.get("subject").asText()).isEqualTo(odd);
    }

    @Test
    void refusesAValueThatHasNoJsonForm() {
        assertThatThrownBy(() -> json.write(List.of(new StringBuilder(), new Object())))
                .isInstanceOf(UnderstudyException.class)
                .hasMessageContaining("java.lang.Object");
    }

    /** Programs read this text: changing it changes the interface. */
    @Test
    void writesAMigrationAVmAFindingAndAHostByteForByteAsBefore() throws IOException {
        try (InputStream before = RecordJsonTest.class.getResourceAsStream("vocabulary.txt")) {
            assertThat(Stream.of(Migration.class, Vm.class, Finding.class, HostView.class)
                            .map(type -> json.write(Samples.FULL.of(type)) + "\n"))
                    .containsExactly(new String(before.readAllBytes(), StandardCharsets.UTF_8).split("(?<=\n)"));
        }
    }

    @Test
    void writesEveryRecordByteForByteAsBefore() throws Exception {
        List<String> lines = new ArrayList<>();
        for (Class<?> type : everyRecord()) {
            for (Samples samples : Samples.values()) {
                lines.add(type.getName() + " " + samples + " " + json.write(samples.of(type)));
            }
        }

        try (InputStream before = RecordJsonTest.class.getResourceAsStream("records.txt")) {
            assertThat(lines).containsExactly(new String(before.readAllBytes(), StandardCharsets.UTF_8).split("\n"));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.Nic;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.Severity;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.lint.LintContext;
import org.understudy.core.definition.lint.Linter;

/** Each document in many layouts, with pairs of any form added to some NICs and removed in any order. */
class AnyLayoutTest {
    private static final int LAYOUTS = 40;

    private final PairEditor editor = new PairEditor();

    static Stream<Path> documents() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/domains"))) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void restoresEveryByteInAnyLayout(Path file) throws IOException {
        String text = Files.readString(file);
        String meaning = Relayout.meaning(text);
        for (int seed = 0; seed < LAYOUTS; seed++) {
            Random random = new Random(seed);
            String original = Relayout.byHand(text, random);
            assertThat(Relayout.meaning(original)).isEqualTo(meaning);
            List<MacAddress> paired = new ArrayList<>();
            String on = turnSomeOn(original, random, paired);
            Collections.shuffle(paired, random);

            assertThat(turnOff(on, paired)).as("seed %s", seed).isEqualTo(original);

            String stored = Relayout.byLibvirt(on, random);
            assertThat(Relayout.meaning(turnOff(stored, paired)))
                    .as("stored by libvirt, seed %s", seed)
                    .isEqualTo(meaning);
        }
    }

    private String turnSomeOn(String original, Random random, List<MacAddress> paired) {
        List<MacAddress> macs = new ArrayList<>(DomainView.of(original).nics().stream()
                .flatMap(nic -> nic.mac().stream())
                .distinct()
                .toList());
        Collections.shuffle(macs, random);
        String definition = original;
        for (MacAddress mac : macs) {
            PairRequests pairRequests = PairRequests.values()[random.nextInt(PairRequests.values().length)];
            String before = definition;
            PairChange change =
                    editor.turnOn(before, pairRequests.on(new NicSelector.ByMac(mac)), PairRequests.context());
            definition = change.definition();
            if (change.changed()) {
                paired.add(mac);
                requireValidPairs(definition, paired.size());
            } else {
                assertThat(definition).isSameAs(before);
                assertThat(change.findings()).isNotEmpty();
            }
            assertThat(editor.turnOn(definition, pairRequests.on(new NicSelector.ByMac(mac)), PairRequests.context())
                            .changed())
                    .isFalse();
        }
        return definition;
    }

    /** The view reads what the editor writes, and the linter reports no error. */
    private static void requireValidPairs(String definition, int pairs) {
        DomainView view = DomainView.of(definition);
        assertThat(view.pairs()).hasSize(pairs);
        assertThat(view.nics()).extracting(Nic::index).doesNotHaveDuplicates();
        assertThat(new Linter()
                        .lint(definition, LintContext.of(PairRequests.context().policy(), Optional.empty())))
                .filteredOn(finding -> finding.severity() == Severity.ERROR)
                // The documents use one VF several times.
                .extracting(finding -> finding.code())
                .isSubsetOf(FindingCode.VF_NOT_FREE);
    }

    private String turnOff(String definition, List<MacAddress> macs) {
        String off = definition;
        for (MacAddress mac : macs) {
            PairChange change = editor.turnOff(off, new NicSelector.ByMac(mac));
            assertThat(change.changed()).as("%s: %s", mac, change.findings()).isTrue();
            off = change.definition();
            DomainView.of(off);
        }
        return off;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.understudy.itests.Built;
import org.understudy.itests.words.Exemptions.Exemption;
import org.understudy.itests.words.Text.Kind;

/** Every sentence of the product and its documentation keeps to docs/style.md. */
class WordsTest {
    private static List<Text> texts;
    private static List<Violation> violations;

    @BeforeAll
    static void readEveryText() {
        Checkout checkout = new Checkout(Built.script().getParent());
        Map<String, String> sources = sources(checkout, "*");
        texts = new ArrayList<>(JavaTexts.of(sources));
        texts.addAll(PlainTexts.of(checkout));
        Existing existing = new Existing(checkout, JavaTexts.commands(sources(checkout, "shell")));
        violations = texts.stream()
                .flatMap(text -> Stream.concat(
                        StyleRules.ALL.stream().flatMap(rule -> rule.violations(text)), existing.violations(text)))
                .sorted(Comparator.comparing((Violation v) -> v.text().file()).thenComparing(Violation::line))
                .toList();
    }

    private static Map<String, String> sources(Checkout checkout, String bundle) {
        return checkout.files("bundles", "bundles/%s/src/main/java/**.java".formatted(bundle)).stream()
                .collect(Collectors.toMap(file -> file, checkout::read, (a, b) -> a, TreeMap::new));
    }

    @Test
    void keepsToTheStyleGuide() {
        List<Violation> open = violations.stream()
                .filter(violation -> Exemptions.ALL.stream().noneMatch(exemption -> exemption.covers(violation)))
                .toList();
        if (!open.isEmpty()) {
            fail("%d texts break docs/style.md:%n%s%n%s", open.size(), lines(open), table(open));
        }
    }

    @Test
    void needsEveryExemption() {
        List<Exemption> unused = Exemptions.ALL.stream()
                .filter(exemption -> violations.stream().noneMatch(exemption::covers))
                .toList();

        assertThat(unused).as("exemptions that cover nothing").isEmpty();
    }

    @Test
    void findsTextsOfEveryKind() {
        Map<Kind, Long> counts = texts.stream().collect(Collectors.groupingBy(Text::kind, Collectors.counting()));

        assertThat(counts.keySet()).containsExactlyInAnyOrder(Kind.values());
        assertThat(counts.get(Kind.FINDING)).isGreaterThan(150);
        assertThat(counts.get(Kind.REMEDY)).isGreaterThan(150);
        assertThat(counts.get(Kind.ERROR)).isGreaterThan(150);
        assertThat(counts.get(Kind.LOG)).isGreaterThan(70);
    }

    private static String lines(List<Violation> open) {
        return open.stream().map(violation -> violation + "\n").collect(Collectors.joining());
    }

    /** How often each rule is broken, by module. */
    private static String table(List<Violation> open) {
        Set<String> modules = new TreeSet<>();
        Map<String, Map<String, Long>> counts = new TreeMap<>();
        for (Violation violation : open) {
            modules.add(violation.text().module());
            counts.computeIfAbsent(rule(violation), rule -> new TreeMap<>())
                    .merge(violation.text().module(), 1L, Long::sum);
        }
        StringBuilder table = new StringBuilder("%-45s".formatted("rule"));
        modules.forEach(module -> table.append("%9.8s".formatted(module)));
        table.append("%8s%n".formatted("sum"));
        counts.forEach((rule, row) -> addRow(table, rule, modules, row));
        addRow(
                table,
                "sum",
                modules,
                open.stream().collect(Collectors.groupingBy(v -> v.text().module(), Collectors.counting())));
        return table.toString();
    }

    private static void addRow(StringBuilder table, String rule, Set<String> modules, Map<String, Long> row) {
        table.append("%-45.44s".formatted(rule));
        modules.forEach(module -> table.append("%9s".formatted(row.getOrDefault(module, 0L))));
        table.append("%8d%n"
                .formatted(row.values().stream().mapToLong(Long::longValue).sum()));
    }

    private static String rule(Violation violation) {
        return violation.why().contains("does not exist") ? "names what does not exist" : violation.better();
    }
}

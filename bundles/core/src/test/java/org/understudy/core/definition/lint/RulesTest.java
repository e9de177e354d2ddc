// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PairChange;
import org.understudy.api.Severity;
import org.understudy.core.definition.lint.RuleCases.Given;
import org.understudy.core.definition.lint.RuleCases.RuleCase;

class RulesTest {
    private final Linter linter = new Linter();
    private final Fixes fixes = new Fixes();

    static Stream<RuleCase> everyCase() {
        return RuleCases.all();
    }

    static Stream<RuleCase> casesWithFix() {
        return RuleCases.all().filter(c -> c.fixed().isPresent());
    }

    private List<Finding> lint(Given given) {
        return linter.lint(given.document(), given.context());
    }

    @Test
    void reportsNothingForAValidDefinition() {
        assertThat(linter.lint(Documents.GOOD, LintContext.none())).isEmpty();
    }

    @Test
    void hasAnExampleOfEachLinterRule() {
        Set<FindingCode> rules = EnumSet.allOf(FindingCode.class);
        rules.removeIf(code -> code.rule() == 0);

        assertThat(everyCase().map(RuleCase::code).collect(Collectors.toSet())).containsAll(rules);
    }

    @ParameterizedTest
    @MethodSource("everyCase")
    void reportsTheObjectAndTheValue(RuleCase example) {
        List<Finding> findings = lint(example.broken()).stream()
                .filter(f -> f.code() == example.code())
                .toList();

        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.subject()).isEqualTo(example.subject());
            assertThat(finding.message()).contains(example.messageParts());
            assertThat(finding.severity()).isEqualTo(example.severity());
            assertThat(finding.fixable()).isEqualTo(example.fixed().isPresent());
            assertThat(finding.remedy().isEmpty()).isEqualTo(finding.severity() == Severity.NOTICE);
        });
    }

    @ParameterizedTest
    @MethodSource("casesWithFix")
    void fixesItAndKeepsEveryOtherByte(RuleCase example) {
        Given broken = example.broken();

        PairChange change = fixes.fix(broken.document(), broken.context());

        assertThat(change.definition()).isEqualTo(example.fixed().orElseThrow());
        assertThat(change.changed()).isTrue();
        assertThat(change.effect()).isEqualTo(PairChange.Effect.AT_NEXT_START);
        assertThat(change.findings()).extracting(Finding::code).doesNotContain(example.code());
    }

    @ParameterizedTest
    @MethodSource("everyCase")
    void reportsNothingForANearMiss(RuleCase example) {
        assertThat(lint(example.nearMiss())).extracting(Finding::code).doesNotContain(example.code());
    }
}

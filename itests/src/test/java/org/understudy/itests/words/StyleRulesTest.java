// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;
import org.understudy.itests.words.Text.Kind;

/** The rules find what they are made for, and the readers find the texts. */
class StyleRulesTest {
    static List<StyleRule> rules() {
        return StyleRules.ALL;
    }

    private static Text text(Kind kind, String words) {
        return Text.whole(kind, "Example.java", 1, words);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void findsTheBadExample(StyleRule rule) {
        for (Kind kind : rule.kinds()) {
            assertThat(rule.violations(text(kind, rule.bad()))).as(rule.bad()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("rules")
    void acceptsTheGoodExample(StyleRule rule) {
        for (Kind kind : rule.kinds()) {
            assertThat(rule.violations(text(kind, rule.good()))).as(rule.good()).isEmpty();
        }
    }

    @Test
    void namesTheLineInsideALongText() {
        Text document = text(Kind.DOCUMENT, "One.\nTwo.\nThe VF is given\nback.\n");

        assertThat(StyleRules.ALL.stream().flatMap(rule -> rule.violations(document)))
                .singleElement()
                .extracting(Violation::place)
                .isEqualTo("Example.java:3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "See understudy:nothing.",
                "Run ./understudy nothing.",
                "Read docs/nothing.md.",
                "Correct the key 'nothing'.",
                "Set no-such-key: true.",
                "Name it by the host's 'nothing' option."
            })
    void findsWhatDoesNotExist(String remedy) {
        assertThat(existing().violations(text(Kind.REMEDY, remedy))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "See understudy:vm-list.",
                "Run ./understudy lab.",
                "Read docs/style.md.",
                "Correct the key 'connector' in etc/understudy.yaml.",
                "Set allow-emulated-primary: true.",
                "Remove <understudy:pair/>."
            })
    void acceptsWhatExists(String remedy) {
        assertThat(existing().violations(text(Kind.REMEDY, remedy))).isEmpty();
    }

    private static Existing existing() {
        return new Existing(new Checkout(Built.script().getParent()), Set.of("understudy:vm-list"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Correct the value named in the message.",
                "Check owner and permissions of the file or folder named in the message.",
                "Resolve the findings of severity ERROR and retry."
            })
    void acceptsARemedyThatNamesAPartOfTheMessage(String remedy) {
        assertThat(StyleRules.ALL.stream().flatMap(rule -> rule.violations(text(Kind.REMEDY, remedy))))
                .isEmpty();
    }

    @Test
    void takesNoClauseForTheMessageOfAnotherTypesMethod() {
        String source = """
                class Findings {
                    Finding problem(String message, String remedy) {
                        return Finding.of(FindingCode.OTHER, "vm", message, remedy);
                    }
                }
                class Problems {
                    Finding problem(String clause, String key) {
                        return new Findings().problem("Key " + key + ": " + clause, "Add it.");
                    }
                }
                class Example {
                    void read(Problems problems, Findings findings) {
                        problems.problem("has no value", "copy");
                        findings.problem("VM is paused", "Resume it.");
                    }
                }
                """;

        assertThat(JavaTexts.of(Map.of("Example.java", source)))
                .extracting(text -> text.starts() + " " + text.words())
                .contains("true VM is paused", "false has no value")
                .doesNotContain("true has no value");
    }

    @Test
    void followsTextsThroughMethodsVariablesAndBranches() {
        String source = """
                class Example {
                    private static final String WHERE = "on host ";
                    Finding one(String host, boolean paused) {
                        String state = paused ? "paused" : "off";
                        return vm("VM is " + state + " " + WHERE + host, "Start %s.".formatted(host));
                    }
                    Finding vm(String message, String remedy) {
                        return Finding.of(FindingCode.OTHER, "vm", message, remedy);
                    }
                    RuntimeException two(String what) {
                        return new UnderstudyException(ErrorCode.IO_FAILED, "File cannot be " + what);
                    }
                    void three() {
                        LOG.warn("Host {}: " + "lost", 1);
                        throw two("read at all");
                    }
                    /** Says {@code told} somebody. */
                    String four = "some other sentence here";
                }
                """;

        assertThat(JavaTexts.of(Map.of("Example.java", source)))
                .extracting(text -> text.kind() + " " + text.line() + " " + text.words())
                .contains(
                        "FINDING 5 VM is paused on host {}",
                        "FINDING 5 VM is off on host {}",
                        "REMEDY 5 Start {}.",
                        "ERROR 11 File cannot be {}",
                        "LOG 14 Host {}: lost",
                        "ERROR 15 read at all",
                        "LITERAL 18 some other sentence here");
    }

    @Test
    void leavesCodeOfMarkdownOut() {
        assertThat(PlainTexts.prose("a `tells\nx` b\n```\ntells\n```\nc\n")).isEqualTo("a {}\n b\n\n\n\nc\n");
    }
}

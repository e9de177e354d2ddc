// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.itests.words.Text.Kind;

/** Finds commands, files and keys that a text names and that do not exist. */
final class Existing {
    private static final Set<Kind> KINDS = EnumSet.of(
            Kind.FINDING, Kind.REMEDY, Kind.ERROR, Kind.LOG, Kind.COMMAND_HELP, Kind.OPTION_HELP, Kind.CONSOLE);
    private static final Pattern COMMAND = Pattern.compile("(?<![</:\\w])(understudy:[a-z][a-z-]+)");
    private static final Pattern SCRIPT = Pattern.compile("\\./understudy ([a-z]+)");
    private static final Pattern FILE =
            Pattern.compile("(?<![\\w/.-])((?:docs|hooks|itests|native)/(?:[\\w-]+[\\w./-]*\\w)?)");
    private static final Pattern KEY = Pattern.compile("(?:keys?|options?|deadline) '([a-z][a-z-]*)(?:[:'])"
            + "|'([a-z][a-z-]*)' (?:key|option)\\b"
            + "|(?i:set|raise|lower|correct|add) ([a-z]+(?:-[a-z]+)+)\\b"
            + "|\\bkey ([a-z][a-z-]*) in etc/");
    private static final Pattern YAML_KEY = Pattern.compile("(?m)^ *#? *(?:- )?([a-z][a-z-]*):(?= |$)");
    private static final Pattern SCRIPT_COMMAND = Pattern.compile("(?m)^  ([a-z]+) ");

    private final List<Check> checks;

    private record Check(Pattern names, Predicate<String> exists, String what) {}

    Existing(Checkout checkout, Set<String> commands) {
        Set<String> keys = found(YAML_KEY, checkout.read("bundles/config/src/main/resources/understudy.yaml"));
        Set<String> scripts = found(SCRIPT_COMMAND, checkout.read("understudy"));
        checks = List.of(
                new Check(COMMAND, commands::contains, "a shell command of bundles/shell: " + commands),
                new Check(SCRIPT, scripts::contains, "a command of ./understudy --help"),
                new Check(FILE, checkout::has, "a file of the checkout"),
                new Check(KEY, keys::contains, "a key of the sample understudy.yaml"));
    }

    private static Set<String> found(Pattern pattern, String content) {
        return pattern.matcher(content).results().map(Existing::name).collect(Collectors.toSet());
    }

    private static String name(MatchResult found) {
        return Stream.iterate(1, i -> i + 1)
                .limit(found.groupCount())
                .map(found::group)
                .filter(group -> group != null)
                .findFirst()
                .orElseThrow();
    }

    Stream<Violation> violations(Text text) {
        if (!KINDS.contains(text.kind())) {
            return Stream.of();
        }
        return checks.stream()
                .flatMap(check -> check.names()
                        .matcher(text.words())
                        .results()
                        .map(Existing::name)
                        .filter(name -> !check.exists().test(name))
                        .map(name -> new Violation(
                                text,
                                text.line(),
                                text.words(),
                                name,
                                "names '" + name + "', which does not exist",
                                check.what())));
    }
}

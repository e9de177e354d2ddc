// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.Outcome;

/** What {@code --help} prints of each command. */
class HelpTest {
    static List<Class<?>> commands() throws Exception {
        return CommandAccessTest.classes();
    }

    private static List<Field> fields(Class<?> command) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> type = command; type != Object.class; type = type.getSuperclass()) {
            fields.addAll(List.of(type.getDeclaredFields()));
        }
        return fields;
    }

    /** The text after "defaults to", as Karaf prints it; empty if it prints none. */
    private static String shownDefault(Action command, Field field) throws IllegalAccessException {
        String shown = field.isAnnotationPresent(Option.class)
                ? field.getAnnotation(Option.class).valueToShowInHelp()
                : field.getAnnotation(Argument.class).valueToShowInHelp();
        if (!shown.equals(Option.DEFAULT_STRING)) {
            return shown;
        }
        field.setAccessible(true);
        Object value = field.get(command);
        boolean hidden = value == null || value.equals(false) || value.equals(0);
        return hidden ? "" : "'" + value + "'";
    }

    @ParameterizedTest
    @MethodSource("commands")
    void showsNoEmptyDefault(Class<?> command) throws Exception {
        Action action = (Action) command.getConstructor().newInstance();
        for (Field field : fields(command)) {
            if (field.isAnnotationPresent(Option.class) || field.isAnnotationPresent(Argument.class)) {
                assertThat(shownDefault(action, field)).as(field.toString()).isNotIn("''", "'[]'");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void explainsTheExitStatus(Class<?> command) {
        assertThat(command.getAnnotation(Command.class).detailedDescription()).isEqualTo(UnderstudyCommand.EXIT_STATUS);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void takesOptionsAfterItsArgumentsAndCompletesThem(Class<?> command) {
        List<Field> arguments = fields(command).stream()
                .filter(field -> field.isAnnotationPresent(Argument.class))
                .toList();
        if (!arguments.isEmpty()) {
            Field last = arguments.stream()
                    .filter(field -> field.getAnnotation(Argument.class).index() == arguments.size() - 1)
                    .findFirst()
                    .orElseThrow();
            assertThat(last.getAnnotation(Argument.class).multiValued()).isTrue();
            assertThat(last.getAnnotation(Completion.class).value())
                    .isIn(OptionCompleter.class, VmOrOptionCompleter.class);
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void checksItsRequiredArgumentsItselfForTheExitStatus(Class<?> command) {
        assertThat(fields(command).stream()
                        .filter(field -> field.isAnnotationPresent(Argument.class)
                                && field.getAnnotation(Argument.class).required()))
                .isEmpty();
    }

    @Test
    void listsEveryExitStatus() throws IOException {
        try (InputStream text = UnderstudyCommand.class.getResourceAsStream("exit-status.txt")) {
            Set<Integer> listed = Pattern.compile("(?m)^\\d+")
                    .matcher(new String(text.readAllBytes(), StandardCharsets.UTF_8))
                    .results()
                    .map(MatchResult::group)
                    .map(Integer::valueOf)
                    .collect(Collectors.toCollection(TreeSet::new));
            Set<Integer> used = Stream.concat(
                            Arrays.stream(ErrorCode.values()).map(ErrorCode::exitCode),
                            Arrays.stream(Outcome.values()).map(Outcome::exitCode))
                    .collect(Collectors.toCollection(TreeSet::new));
            used.add(1);

            assertThat(listed).isEqualTo(used);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.karaf.shell.api.action.Command;
import org.jline.builtins.Commands;
import org.jline.reader.LineReader;
import org.jline.reader.Reference;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Action;

/** The access list in the feature against the commands of this bundle. */
class CommandAccessTest {
    private static final Path FEATURE = Path.of("../../features/kar/src/main/feature/feature.xml");
    private static final Path ETC = Path.of("../../features/distribution/src/main/resources/etc");

    private static Properties roles() throws IOException {
        return roles("org.apache.karaf.command.acl.understudy");
    }

    private static Properties roles(String accessList) throws IOException {
        Matcher list = Pattern.compile(
                        "<config name=\"" + Pattern.quote(accessList) + "\">(.*?)</config>", Pattern.DOTALL)
                .matcher(Files.readString(FEATURE));
        assertThat(list.find()).as("an access list in " + FEATURE).isTrue();
        Properties roles = new Properties();
        roles.load(new StringReader(list.group(1)));
        return roles;
    }

    private static List<String> commands() throws IOException, URISyntaxException {
        return classes().stream()
                .map(type -> type.getAnnotation(Command.class).name())
                .toList();
    }

    private static Stream<? extends Class<?>> types() throws IOException, URISyntaxException {
        return classes().stream();
    }

    /** The classes of all commands. */
    static List<Class<?>> classes() throws IOException, URISyntaxException {
        Path classes = Path.of(
                VmList.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.list(classes.resolve("org/understudy/shell"))) {
            return files.sorted()
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class"))
                    .map(name -> "org.understudy.shell." + name.substring(0, name.length() - ".class".length()))
                    .<Class<?>>map(CommandAccessTest::load)
                    .filter(type -> type.isAnnotationPresent(Command.class))
                    .toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(name, e);
        }
    }

    @Test
    void namesTheRolesOfEveryCommandAndOfNoOther() throws Exception {
        assertThat(commands()).hasSizeGreaterThan(15);
        assertThat(roles().stringPropertyNames())
                .filteredOn(key -> !key.equals("*") && !key.contains("["))
                .containsExactlyInAnyOrderElementsOf(commands());
    }

    @Test
    void permitsEachCommandToTheRolesThatItsActionNeeds() throws Exception {
        Properties roles = roles();

        assertThat(classes()).allSatisfy(type -> {
            Action action = type.getAnnotation(Performs.class).value();
            assertThat(roles.getProperty(type.getAnnotation(Command.class).name())
                            .split("\\s*,\\s*"))
                    .as(type.getSimpleName() + ": " + action)
                    .containsExactlyElementsOf(AccessPolicy.DEFAULT.sufficientFor(action.role()));
        });
        assertThat(roles.getProperty("lint[/(?s).*--file.*/]"))
                .isEqualTo(String.join(", ", AccessPolicy.DEFAULT.sufficientFor(Action.READ_FILE.role())));
    }

    @Test
    void permitsTheMBeansToEveryRoleThatReads() throws Exception {
        Properties roles = roles("jmx.acl.org.understudy");

        assertThat(roles.getProperty("get*"))
                .isEqualTo(String.join(", ", AccessPolicy.DEFAULT.sufficientFor(Action.VIEW.role())));
        assertThat(roles).hasSize(2).containsEntry("*", "admin");
    }

    @Test
    void grantsNothingToTheRoleThatOpensAShell() throws Exception {
        assertThat(roles().values())
                .allSatisfy(line -> assertThat(line.toString().split("\\s*,\\s*"))
                        .isSubsetOf("viewer", "operator", "manager", "admin")
                        .contains("admin"));
    }

    /** {@return the arguments of each call of keymap in the script that every shell runs} */
    private static List<List<String>> keymapsOfEachShell() throws IOException {
        Matcher calls =
                Pattern.compile("(?m)^ *keymap (.*)$").matcher(Files.readString(ETC.resolve("shell.init.script")));
        return calls.results()
                .map(call -> List.of(call.group(1).replace("\"", "").split(" ")))
                .toList();
    }

    @Test
    void permitsEveryUserOfTheShellOnlyTheKeysOfItsScript() throws Exception {
        Properties roles = new Properties();
        roles.load(new StringReader(Files.readString(ETC.resolve("org.apache.karaf.command.acl.shell.cfg"))));
        // Karaf compares the list of arguments as text with the expression between the slashes.
        List<Pattern> permitted = roles.stringPropertyNames().stream()
                .filter(key -> key.startsWith("keymap"))
                .map(key -> Pattern.compile(key.replaceAll("^keymap\\[/|/]$", "")))
                .toList();

        assertThat(keymapsOfEachShell())
                .hasSize(5)
                .allSatisfy(call -> assertThat(permitted)
                        .anyMatch(pattern -> pattern.matcher(call.toString()).matches()));
        for (String other :
                List.of("[]", "[-d]", "[^[[A, edit-and-execute-command]", "[^[[A, up-line-or-search, ^T, x]")) {
            assertThat(permitted).noneMatch(pattern -> pattern.matcher(other).matches());
        }
        assertThat(roles.stringPropertyNames()).noneMatch(key -> key.matches("(less|more|nano).*"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xterm", "dumb"})
    void unbindsTheEditorOfEachShell(String type) throws Exception {
        try (Terminal terminal = new ExternalTerminal(
                "shell",
                type,
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                StandardCharsets.UTF_8)) {
            LineReader reader = new LineReaderImpl(terminal);
            for (List<String> keymap : keymapsOfEachShell()) {
                Commands.keymap(reader, System.out, System.err, keymap.toArray(String[]::new));
            }

            assertThat(reader.getKeyMaps().values().stream()
                            .flatMap(keys -> keys.getBoundKeys().values().stream())
                            .filter(Reference.class::isInstance)
                            .map(bound -> ((Reference) bound).name()))
                    .contains(LineReader.UP_LINE_OR_SEARCH)
                    .doesNotContain(LineReader.EDIT_AND_EXECUTE_COMMAND);
        }
    }

    @Test
    void leavesCommandsWithoutALineToAdmins() throws Exception {
        assertThat(roles().getProperty("*")).isEqualTo("admin");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.karaf.shell.api.action.Command;
import org.junit.jupiter.api.Test;

/** The access list in the feature against the commands of this bundle. */
class CommandAccessTest {
    private static final Path FEATURE = Path.of("../../features/kar/src/main/feature/feature.xml");
    private static final Pattern ACCESS_LIST = Pattern.compile(
            "<config name=\"org\\.apache\\.karaf\\.command\\.acl\\.understudy\">(.*?)</config>", Pattern.DOTALL);

    private static Properties roles() throws IOException {
        Matcher list = ACCESS_LIST.matcher(Files.readString(FEATURE));
        assertThat(list.find()).as("an access list in " + FEATURE).isTrue();
        Properties roles = new Properties();
        roles.load(new StringReader(list.group(1)));
        return roles;
    }

    private static List<String> commands() throws IOException, URISyntaxException {
        Path classes = Path.of(
                VmList.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.list(classes.resolve("org/understudy/shell"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".class"))
                    .map(name -> "org.understudy.shell." + name.substring(0, name.length() - ".class".length()))
                    .map(CommandAccessTest::load)
                    .filter(type -> type.isAnnotationPresent(Command.class))
                    .map(type -> type.getAnnotation(Command.class).name())
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
    void grantsNothingToTheRoleThatOpensAShell() throws Exception {
        assertThat(roles().values())
                .allSatisfy(line -> assertThat(line.toString().split("\\s*,\\s*"))
                        .isSubsetOf("viewer", "admin")
                        .contains("admin"));
    }

    @Test
    void leavesCommandsWithoutALineToAdmins() throws Exception {
        assertThat(roles().getProperty("*")).isEqualTo("admin");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** By annotations in the class files, baselining distinguishes changes that break implementers from others. */
class VersioningTest {
    private static final Path CLASSES = Path.of("target/classes");

    @Test
    void everyInterfaceIsAnnotatedWithItsImplementer() throws Exception {
        TreeSet<String> unmarked = new TreeSet<>();
        for (Path file : classFiles()) {
            Class<?> type = Class.forName(className(file), false, VersioningTest.class.getClassLoader());
            boolean marked = is(file, "ProviderType") || is(file, "ConsumerType");
            if (Modifier.isPublic(type.getModifiers())
                    && Modifier.isAbstract(type.getModifiers())
                    && !type.isEnum()
                    && !marked) {
                unmarked.add(type.getName());
            }
        }
        assertThat(unmarked).isEmpty();
    }

    @Test
    void managersImplementOnlyTheContributor() throws IOException {
        assertThat(classFiles().stream()
                        .filter(file -> is(file, "ConsumerType"))
                        .map(VersioningTest::className))
                .containsExactly(NicContributor.class.getName());
    }

    private static List<Path> classFiles() throws IOException {
        try (Stream<Path> files = Files.walk(CLASSES)) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .filter(file -> !file.endsWith("package-info.class"))
                    .toList();
        }
    }

    private static String className(Path file) {
        return CLASSES.relativize(file).toString().replace('/', '.').replaceAll("\\.class$", "");
    }

    /** The annotations are not visible to reflection; their descriptors are in the class file. */
    private static boolean is(Path file, String annotation) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1)
                    .contains("Lorg/osgi/annotation/versioning/" + annotation + ";");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Dependencies between the classes and packages of a bundle run in one direction: no circles, and in {@code core} no
 * package imports one above it. {@link ArrowsIT} checks the bundles.
 */
class ArchitectureTest {
    private static final String CORE = "org.understudy.core.";
    /** The highest number of mutable fields of one class; more are several states in one. */
    private static final int MUTABLE_FIELDS = 8;

    /**
     * The packages of {@code core} from the bottom up. A package imports only packages of earlier rows; packages of one row do
     * not import each other.
     */
    private static final List<Set<String>> LAYERS = List.of(
            Set.of("definition", "probe", "audit"),
            Set.of("definition.lint", "definition.edit", "inventory"),
            Set.of("health", "migration.context"),
            Set.of("vf", "migration.step"),
            Set.of("lifecycle", "provision", "migration.recovery", "migration.observe"),
            Set.of("pair", "migration"),
            Set.of("reconcile"),
            Set.of("doctor", "fleet"));

    /** A nested class counts as the class it is nested in. */
    private static final SliceAssignment TOP_LEVEL_CLASSES = new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return SliceIdentifier.of(topLevel(type));
        }

        @Override
        public String getDescription() {
            return "top-level classes";
        }
    };

    static List<Path> bundles() {
        return Built.bundles();
    }

    private static JavaClasses classes(Path bundle) {
        try (JarFile jar = new JarFile(bundle.toFile())) {
            JavaClasses classes = new ClassFileImporter().importJar(jar).that(resideInAPackage("org.understudy.."));
            assertThat(classes).isNotEmpty();
            return classes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void hasNoCircleOfClasses(Path jar) {
        slices().assignedFrom(TOP_LEVEL_CLASSES).should().beFreeOfCycles().check(classes(jar));
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void hasNoCircleOfPackages(Path jar) {
        slices().matching("org.understudy.(**)").should().beFreeOfCycles().check(classes(jar));
    }

    @Test
    void coreImportsOnlyPackagesOfLowerLayers() {
        JavaClasses core = classes(core());

        assertThat(dependencies(core)
                        .filter(d -> !d.getOriginClass()
                                .getPackageName()
                                .equals(d.getTargetClass().getPackageName()))
                        .filter(d -> layer(d.getOriginClass()) <= layer(d.getTargetClass()))
                        .map(Dependency::getDescription))
                .isEmpty();
    }

    @Test
    void coreHasNoClassWithManyMutableFields() {
        assertThat(classes(core()).stream()
                        .filter(type -> type.getFields().stream()
                                        .filter(f -> !f.getModifiers().contains(JavaModifier.FINAL))
                                        .count()
                                > MUTABLE_FIELDS)
                        .map(JavaClass::getFullName))
                .isEmpty();
    }

    private static Path core() {
        return Built.bundles().stream()
                .filter(jar -> jar.getFileName().toString().startsWith("org.understudy.core-"))
                .findFirst()
                .orElseThrow();
    }

    private static Stream<Dependency> dependencies(JavaClasses classes) {
        return classes.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(d -> d.getTargetClass().getPackageName().startsWith(CORE));
    }

    private static int layer(JavaClass type) {
        String name = type.getPackageName().substring(CORE.length());
        return IntStream.range(0, LAYERS.size())
                .filter(layer -> LAYERS.get(layer).contains(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("Package " + name + " is in no layer"));
    }

    private static String topLevel(JavaClass type) {
        JavaClass top = type;
        while (top.getEnclosingClass().isPresent()) {
            top = top.getEnclosingClass().get();
        }
        return top.getFullName();
    }
}

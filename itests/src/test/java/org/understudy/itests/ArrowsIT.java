// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The rules of the architecture, checked by the manifests of the built bundles. */
class ArrowsIT {
    /** Bundles with code that others share; each exports the package of its name. */
    private static final Set<String> SHARED = Set.of("org.understudy.concurrent", "org.understudy.json");

    /** Beside the JDK: the framework, logging, the servlets and the shell of any Karaf 4.4. */
    private static final Pattern FROM_SERVER = Pattern.compile(
            "(org\\.understudy|javax|jdk\\.net|org\\.(w3c\\.dom|xml\\.sax|ietf\\.jgss|osgi|slf4j|jline|apache\\.(commons\\.logging|karaf)))\\.?.*");

    private static final Pattern CLAUSE_NAME = Pattern.compile("(?:^|,)\\s*([A-Za-z_][\\w.]*)(?=[;,]|$)");
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");

    private static Map<String, Attributes> manifests() throws IOException {
        Map<String, Attributes> manifests = new TreeMap<>();
        for (Path jar : Built.bundles()) {
            try (JarFile file = new JarFile(jar.toFile())) {
                Attributes manifest = file.getManifest().getMainAttributes();
                manifests.put(manifest.getValue("Bundle-SymbolicName"), manifest);
            }
        }
        return manifests;
    }

    /** The clauses of a header, each with its attributes and directives. */
    private static List<String> clauses(Attributes manifest, String header) {
        String value = manifest.getValue(header);
        return value == null ? List.of() : List.of(value.split(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)"));
    }

    private static Set<String> packages(Attributes manifest, String header) {
        String value = manifest.getValue(header);
        Set<String> names = new TreeSet<>();
        if (value != null) {
            Matcher clauses = CLAUSE_NAME.matcher(QUOTED.matcher(value).replaceAll("q"));
            while (clauses.find()) {
                names.add(clauses.group(1));
            }
        }
        return names;
    }

    private static List<String> ours(Set<String> packages) {
        return packages.stream()
                .filter(name -> name.startsWith("org.understudy"))
                .toList();
    }

    @Test
    void findsEveryBundleUnderItsName() throws IOException {
        assertThat(manifests().keySet())
                .contains(
                        "org.understudy.api",
                        "org.understudy.concurrent",
                        "org.understudy.config",
                        "org.understudy.core",
                        "org.understudy.history",
                        "org.understudy.hostnic",
                        "org.understudy.json",
                        "org.understudy.libvirt",
                        "org.understudy.metrics",
                        "org.understudy.peer",
                        "org.understudy.qemu",
                        "org.understudy.requirements",
                        "org.understudy.shell",
                        "org.understudy.web");
    }

    @Test
    void dependsOnNoBundlesButTheSharedOnes() throws IOException {
        manifests().forEach((bundle, manifest) -> {
            assertThat(ours(packages(manifest, "Import-Package")))
                    .as("imports of " + bundle)
                    .allMatch(name -> name.startsWith("org.understudy.api") || SHARED.contains(name));
            assertThat(manifest.getValue("Require-Bundle")).as(bundle).isNull();
            assertThat(manifest.getValue("DynamicImport-Package")).as(bundle).isNull();
        });
    }

    @Test
    void exportsNothingButTheSharedBundles() throws IOException {
        manifests().forEach((bundle, manifest) -> {
            Set<String> exports = packages(manifest, "Export-Package");
            if (bundle.equals("org.understudy.api")) {
                assertThat(exports)
                        .containsExactlyInAnyOrder(
                                "org.understudy.api", "org.understudy.api.spi", "org.understudy.api.xml");
            } else if (SHARED.contains(bundle)) {
                assertThat(exports)
                        .filteredOn(name -> !name.startsWith("com.fasterxml.jackson."))
                        .containsExactly(bundle);
            } else {
                assertThat(exports).as("exports of " + bundle).isEmpty();
            }
        });
    }

    /** A library that only Understudy uses is inside its bundles; no other bundle of a server may be wired to it. */
    @Test
    void exportsLibrariesToItsOwnBundlesAlone() throws IOException {
        manifests()
                .forEach((bundle, manifest) -> assertThat(clauses(manifest, "Export-Package"))
                        .as("exports of " + bundle)
                        .filteredOn(clause -> !clause.startsWith("org.understudy."))
                        .allMatch(clause ->
                                clause.contains(";mandatory:=owner") && clause.contains(";owner=understudy")));
    }

    @Test
    void importsOnlyWhatEveryServerHas() throws IOException {
        manifests()
                .forEach((bundle, manifest) -> assertThat(clauses(manifest, "Import-Package"))
                        .as("imports of " + bundle)
                        .filteredOn(clause ->
                                !clause.contains("resolution:=optional") && !clause.contains(";owner=understudy"))
                        .allMatch(clause -> FROM_SERVER.matcher(clause).lookingAt()));
    }

    @Test
    void keepsTheApiFreeOfEverythingButTheJdk() throws IOException {
        assertThat(packages(manifests().get("org.understudy.api"), "Import-Package"))
                .allMatch(name -> name.startsWith("javax.xml")
                        || name.startsWith("org.xml.sax")
                        || name.startsWith("org.understudy.api"));
    }

    @Test
    void runsOnJava17() throws IOException {
        manifests()
                .forEach((bundle, manifest) -> assertThat(manifest.getValue("Require-Capability"))
                        .as(bundle)
                        // Has to run where the others cannot, to report it.
                        .contains("(&(osgi.ee=JavaSE)(version="
                                + (bundle.equals("org.understudy.requirements") ? 11 : 17) + "))"));
    }
}

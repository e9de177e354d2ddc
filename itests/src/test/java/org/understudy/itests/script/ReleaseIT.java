// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.script;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.itests.Built;

/** {@code ./understudy release} in a clone, up to the build itself, which {@code release check} tests. */
@TestMethodOrder(OrderAnnotation.class)
class ReleaseIT {
    private static final String VERSION = "7.8.9";

    @TempDir
    private static Path folder;

    private static Path clone;

    @BeforeAll
    static void cloneTheCheckout() throws Exception {
        clone = folder.resolve("clone");
        Path checkout = Built.script().toAbsolutePath().getParent();
        String[] command = {
            "git", "clone", "-q", "--depth", "1", checkout.toUri().toString(), clone.toString()
        };
        assertThat(run(folder, command)).startsWith("0: ");
    }

    @Test
    @Order(1)
    void buildRefusesASnapshot() throws Exception {
        assertThat(release("build")).startsWith("4: ").contains("-SNAPSHOT is not a release", "git checkout v");
    }

    @Test
    @Order(2)
    void prepareSetsVersionAndDateEverywhere() throws Exception {
        assertThat(release("prepare", VERSION)).startsWith("0: ").contains("git tag -a v" + VERSION);

        try (Stream<Path> files = Files.walk(clone)) {
            assertThat(files.filter(file -> file.endsWith("pom.xml")))
                    .hasSizeGreaterThan(15)
                    .allSatisfy(pom -> assertThat(Files.readString(pom))
                            .contains("<version>" + VERSION + "</version>")
                            .doesNotContain("-SNAPSHOT"));
        }
        assertThat(Files.readString(clone.resolve("CHANGELOG.md")))
                .containsPattern("## Unreleased\n\n## 7\\.8\\.9 - 20\\d\\d-\\d\\d-\\d\\d\n");
        assertThat(Files.readString(clone.resolve("native/Makefile"))).contains("VERSION := " + VERSION + "\n");
        assertThat(Files.readString(clone.resolve("pom.xml")))
                .containsPattern("<project.build.outputTimestamp>20\\d\\d-\\d\\d-\\d\\dT00:00:00Z<");
    }

    @Test
    @Order(2)
    void bomHasEachBundle() throws Exception {
        try (Stream<Path> bundles = Files.list(clone.resolve("bundles"))) {
            assertThat(bundles.map(bundle -> "<artifactId>org.understudy." + bundle.getFileName() + "</artifactId>"))
                    .isNotEmpty()
                    .allSatisfy(artifact ->
                            assertThat(clone.resolve("bom/pom.xml")).content().containsOnlyOnce(artifact));
        }
    }

    @Test
    @Order(3)
    void buildRefusesAChangedCheckout() throws Exception {
        assertThat(release("build")).startsWith("4: ").contains("the checkout has changes");
        assertThat(release("prepare", "8.0.0")).startsWith("4: ").contains("the checkout has changes");
    }

    @Test
    @Order(4)
    void buildRefusesACommitWithoutTheTag() throws Exception {
        git("commit", "-qam", "build: Release");

        assertThat(release("build")).startsWith("4: ").contains("does not have the tag v" + VERSION);
    }

    @Test
    @Order(5)
    void nextVersionKeepsTheSectionOfTheReleaseInTheChangelog() throws Exception {
        String changelog = Files.readString(clone.resolve("CHANGELOG.md"));

        assertThat(release("prepare", "7.9.0-SNAPSHOT")).startsWith("0: ");

        assertThat(clone.resolve("CHANGELOG.md")).hasContent(changelog);
        assertThat(Files.readString(clone.resolve("bom/pom.xml"))).contains("<version>7.9.0-SNAPSHOT</version>");
    }

    @Test
    @Order(6)
    void packagesOfTheLastTagAreUpgradedToThoseOfTheCommit() throws Exception {
        git("tag", "-a", "v" + VERSION, "-m", VERSION);
        git("commit", "-qam", "build: Begin 7.9.0");

        assertThat(formerAndNextVersion()).isEqualTo("0: 7.8.9 7.9.0\n");
    }

    @Test
    @Order(7)
    void packageHasTheHooksOfEachManager() throws Exception {
        Path root = folder.resolve("package");
        assertThat(run(clone, "packaging/lib/lay-out", "hooks", root.toString()))
                .isEqualTo("0: ");

        for (String manager : List.of("libvirt", "cloudstack", "vdsm", "opennebula")) {
            assertThat(installPackagedHook(root, manager)).startsWith("0: ");
        }
        Path agent = Files.createDirectories(root.resolve("usr/share/cloudstack-agent/lib"));
        Files.createFile(agent.resolve("cloud-plugin-hypervisor-kvm-4.22.0.0.jar"));
        assertThat(installPackagedHook(root, "cloudstack")).startsWith("0: ").contains("transformer.sh: installed");
    }

    private static String installPackagedHook(Path root, String manager) throws IOException, InterruptedException {
        String hook = root.resolve("usr/share/understudy-hooks/hook").toString();
        return run(folder, "env", "DESTDIR=" + root, hook, "install", manager);
    }

    private static String formerAndNextVersion() throws IOException, InterruptedException {
        return run(clone, "bash", "-euc", """
                here=$PWD
                . itests/lib/common.sh
                . packaging/lib/release.sh
                former_release "$1"
                former=$(here=$1 project_version)
                echo "$former $(next_version "$former")"
                """, "bash", folder.resolve("former").toString());
    }

    private static void git(String... arguments) throws IOException, InterruptedException {
        String[] command = Stream.concat(
                        Stream.of("git", "-c", "user.name=test", "-c", "user.email=test@localhost"),
                        Stream.of(arguments))
                .toArray(String[]::new);
        assertThat(run(clone, command)).startsWith("0: ");
    }

    private static String release(String... arguments) throws IOException, InterruptedException {
        return run(
                clone,
                Stream.concat(Stream.of("./understudy", "release"), Stream.of(arguments))
                        .toArray(String[]::new));
    }

    private static String run(Path place, String... command) throws IOException, InterruptedException {
        Path said = folder.resolve("said");
        Process process = new ProcessBuilder(List.of(command))
                .directory(place.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as("%s ends", (Object) command)
                .isTrue();
        return process.exitValue() + ": " + Files.readString(said);
    }
}

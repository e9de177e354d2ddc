// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.script;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;

/** Errors of the script. Programs that have to fail are replaced by fakes. */
class RefusalsIT {
    private static final String DEBIAN = "ID=debian\nVERSION_ID=12\n";

    @TempDir
    private Path folder;

    private ProcessBuilder script;

    @BeforeEach
    void prepare() throws IOException {
        Files.createDirectory(folder.resolve("bin"));
        script = new ProcessBuilder();
        path(folder.resolve("bin") + ":" + System.getenv("PATH"));
        system(DEBIAN);
    }

    /** Otherwise JUnit warns about each link to a target outside its folder. */
    @AfterEach
    void removeLinks() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("bin"))) {
            for (Path file : files.filter(Files::isSymbolicLink).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void helpNamesEveryCommand() throws Exception {
        assertThat(run("--help")).startsWith("0: ").contains("setup", "demo", "dev", "test", "Exit status");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "lab",
                "lab fly",
                "lab up now",
                "lab up --no-intremap gamma",
                "fly",
                "setup --fast",
                "demo --twice",
                "demo --json",
                "demo --once --port 80",
                "demo --once --port x",
                "demo --screenshot",
                "dev",
                "dev fly",
                "dev --fast",
                "dev core --karaf",
                "test --only",
                "test --everything",
                "test --all --only FooIT",
                "test --hardware",
                "test --hardware absent",
                "test --yes",
                "release",
                "release fly",
                "release prepare",
                "release prepare 1",
                "release build --fast",
                "release build --output",
                "release check now",
                "release packages --fast",
                "release test now"
            })
    void usageErrorExitsWithTwoAndNamesTheHelp(String call) throws Exception {
        assertThat(run(call.split(" "))).startsWith("2: ").contains("understudy");
    }

    @Test
    void setupNamesASystemItDoesNotKnow() throws Exception {
        system("ID=ubuntu\nVERSION_ID=24.04\nPRETTY_NAME='Ubuntu 24.04.1 LTS'\n");
        assertThat(run("setup")).startsWith("3: ").contains("Debian 12 and 13", "Ubuntu 24.04.1 LTS", "remedy:");
    }

    @Test
    void checkReportsWhatIsMissingAndInstallsNothing() throws Exception {
        hide("jq");
        fake("apt-get", "touch " + folder.resolve("installed"));
        assertThat(run("setup", "--check"))
                .startsWith("1: ")
                .containsPattern("jq +MISSING")
                .contains("Missing: jq");
        assertThat(folder.resolve("installed")).doesNotExist();
    }

    @Test
    void setupWithoutRootOrSudoNamesTheCommandToRun() throws Exception {
        hide("jq", "sudo");
        fake("id", "echo 1000");
        assertThat(run("setup"))
                .startsWith("3: ")
                .contains("no sudo", "run as root: apt-get install --no-install-recommends jq");
    }

    @Test
    void setupReportsThatAptFailed() throws Exception {
        hide("jq");
        fake("id", "echo 0");
        fake("df", "printf 'Avail\\n99999\\n'");
        fake("apt-get", "exit 100");
        assertThat(run("setup")).startsWith("3: ").contains("Installing: jq", "apt-get update failed", "remedy:");
    }

    @Test
    void commandsThatNeedSetupReportMissingPackages() throws Exception {
        hide("jq");
        assertThat(run("demo", "--once")).startsWith("3: ").contains("not installed: jq", "remedy: ./understudy setup");
    }

    @Test
    void demoWithoutDiskSpaceReportsHowMuchItNeeds() throws Exception {
        fake("df", "printf 'Avail\\n17\\n'");
        assertThat(run("demo", "--once")).startsWith("3: ").contains("17 MB free, 1000 MB are needed");
    }

    @Test
    void demoNamesABusyPort() throws Exception {
        try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(busy.getLocalPort());
            assertThat(run("demo", "--once", "--port", port))
                    .startsWith("3: ")
                    .contains("port " + port + " is in use", "choose another one with --port");
        }
    }

    @Test
    void devWithoutADemoNamesTheCommandToStartOne() throws Exception {
        script.environment().put("TMPDIR", folder.toString());
        assertThat(run("dev", "core"))
                .startsWith("3: ")
                .contains("no demo is running", "remedy: start ./understudy demo");
    }

    @Test
    void devNamesTheFolderInWhichNoKarafRuns() throws Exception {
        assertThat(run("dev", "--karaf", folder.toString(), "core"))
                .startsWith("3: ")
                .contains("no Karaf is running in " + folder, "remedy: start it");
    }

    @Test
    void laterJdkThanKarafSupportsIsNamedAndPassedOver() throws Exception {
        Path javac = fake("javac", "echo javac 25.0.1");
        Files.createDirectories(folder.resolve("jdk/bin"));
        Files.move(javac, folder.resolve("jdk/bin/javac"));
        script.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
        assertThat(run("setup", "--check")).startsWith("0: ").contains("JDK 25, which Karaf 4.4 does not support");
    }

    private void system(String release) throws IOException {
        Path file = Files.writeString(folder.resolve("os-release"), release);
        script.environment().put("OS_RELEASE", file.toString());
    }

    private Path fake(String program, String body) throws IOException {
        Path file = folder.resolve("bin").resolve(program);
        Files.deleteIfExists(file);
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Hides these programs of the machine from the script. */
    private void hide(String... programs) throws IOException {
        Set<String> hidden = Set.of(programs);
        for (String part : System.getenv("PATH").split(":")) {
            if (!Files.isDirectory(Path.of(part))) {
                continue;
            }
            try (Stream<Path> files = Files.list(Path.of(part))) {
                for (Path file : files.toList()) {
                    Path link = folder.resolve("bin").resolve(file.getFileName());
                    if (!hidden.contains(file.getFileName().toString()) && Files.notExists(link)) {
                        Files.createSymbolicLink(link, file);
                    }
                }
            }
        }
        path(folder.resolve("bin").toString());
    }

    private void path(String folders) {
        script.environment().put("PATH", folders);
    }

    /** @return the exit status, a colon, and the output */
    private String run(String... arguments) throws Exception {
        List<String> command = Stream.concat(Stream.of(Built.script().toString()), Stream.of(arguments))
                .filter(argument -> !argument.isEmpty())
                .toList();
        Path said = folder.resolve("said");
        Process process = script.command(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
        return process.exitValue() + ": " + Files.readString(said, StandardCharsets.UTF_8);
    }
}

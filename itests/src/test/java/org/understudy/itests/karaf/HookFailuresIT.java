// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;

/** A failure in a hook stops a VM only with require-vf. No server is needed. */
@Timeout(120)
class HookFailuresIT {
    private static final String DEFINITION = """
            <domain type='kvm'>
              <name>web1</name>
              <devices>
                <interface type='network'>
                  <mac address='52:54:00:11:22:33'/>
                  <source network='fast'/>
                  <teaming type='persistent'/>
                </interface>
              </devices>
            </domain>
            """;

    /** The exit status of the client for a refusal. */
    private static final int REFUSED = 3;

    @TempDir
    Path folder;

    private Path configuration;
    private Path library;

    private record Ended(int status, String output, String errors) {}

    @BeforeEach
    void configure() throws IOException {
        library = Built.hooks().resolve("lib");
        configuration = Files.writeString(
                folder.resolve("hook.conf"),
                "host = alpha\nsocket = " + folder + "/nobody.sock\nnotes = " + folder + "\n");
        Files.writeString(folder.resolve("login"), "admin:secret");
    }

    private void configure(String... lines) throws IOException {
        Files.writeString(configuration, Files.readString(configuration) + String.join("\n", lines) + "\n");
    }

    private Ended run(List<String> command, Map<String, String> environment, String input) throws Exception {
        Path in = Files.writeString(folder.resolve("input"), input);
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile());
        builder.environment()
                .putAll(Map.of(
                        "UNDERSTUDY_HOOK_CONF", configuration.toString(),
                        "UNDERSTUDY_HOOK_LIB", library.toString(),
                        "PYTHONPATH", library.toString(),
                        "PYTHONDONTWRITEBYTECODE", "1"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), Files.readString(output), Files.readString(errors));
    }

    private Ended libvirt() throws Exception {
        return run(
                List.of(Built.hooks() + "/libvirt/understudy", "web1", "migrate", "begin", "-"), Map.of(), DEFINITION);
    }

    /** Before a VM is started from a saved image, as by OpenNebula's restore. */
    private Ended restored() throws Exception {
        return run(
                List.of(Built.hooks() + "/libvirt/understudy", "web1", "restore", "begin", "-"), Map.of(), DEFINITION);
    }

    private Ended vdsm() throws Exception {
        Path file = Files.writeString(folder.resolve("domxml"), DEFINITION);
        Ended ended = run(List.of(Built.hooks() + "/vdsm/understudy"), Map.of("_hook_domxml", file.toString()), "");
        return new Ended(ended.status(), Files.readString(file), ended.errors());
    }

    private Ended opennebula() throws Exception {
        Path own = Files.writeString(folder.resolve("deploy.opennebula"), "#!/bin/sh\ncat\n");
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
        Path deploy = folder.resolve("deploy");
        Files.deleteIfExists(deploy);
        Files.copy(Built.hooks().resolve("opennebula/deploy"), deploy);
        return run(List.of(deploy.toString()), Map.of(), DEFINITION);
    }

    private Ended cloudstack() throws Exception {
        return run(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CloudstackAgent.class.getName(),
                        Built.hooks().resolve("cloudstack").toString(),
                        "libvirt-vm-xml-transformer.groovy",
                        "transform"),
                Map.of(),
                DEFINITION);
    }

    private void requireNothingIsStopped() throws Exception {
        requireNothingIsStopped("understudy: continuing with the unchanged definition: ");
    }

    private void requireNothingIsStopped(String said) throws Exception {
        assertThat(libvirt()).extracting(Ended::status, Ended::output).containsExactly(0, "");
        assertThat(restored()).isEqualTo(libvirt());
        for (Ended ended : List.of(vdsm(), opennebula(), cloudstack())) {
            assertThat(ended).extracting(Ended::status, Ended::output).containsExactly(0, DEFINITION);
            assertThat(ended.errors()).contains(said);
        }
    }

    private void requireAllRefuse() throws Exception {
        Ended arrival = libvirt();
        assertThat(arrival).extracting(Ended::status, Ended::output).containsExactly(REFUSED, "");
        assertThat(arrival.errors()).contains("understudy: refused: ").doesNotContain("Traceback");
        assertThat(vdsm()).extracting(Ended::status, Ended::output).containsExactly(2, DEFINITION);
        Ended deploy = opennebula();
        assertThat(deploy).extracting(Ended::status, Ended::output).containsExactly(1, "");
        assertThat(deploy.errors())
                .contains("Understudy refused to start the VM: ")
                .doesNotContain("--8<", "Traceback");
        assertThat(cloudstack().output()).startsWith("<domain type='understudy: refused: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deadline = 3s",
                "deadline = -1",
                "deadline = nan",
                "deadline = 1e300",
                "no-such-key = 1",
                "a line without a value",
                "host =",
                "url = http://192.0.2.1/understudy",
                "url = https://[",
                "url = https://localhost/understudy"
            })
    void stopsAVmForAMistakeInItsConfigurationOnlyIfTheVfIsRequired(String mistake) throws Exception {
        configure(mistake);
        requireNothingIsStopped();

        configure("require-vf = Yes");
        requireAllRefuse();
    }

    @Test
    void stopsAVmForALineThatIsNotUtf8OnlyIfTheVfIsRequired() throws Exception {
        Files.write(configuration, "host = alph\u00e4\n".getBytes(StandardCharsets.ISO_8859_1));
        requireNothingIsStopped();
        assertThat(vdsm().errors()).contains("'host' is not UTF-8");

        Files.write(configuration, "host = alph\u00e4\nrequire-vf = TRUE\n".getBytes(StandardCharsets.ISO_8859_1));
        requireAllRefuse();
    }

    @Test
    void reportsARequireVfThatIsNeitherYesNorNo() throws Exception {
        configure("require-vf = perhaps");

        requireNothingIsStopped();
        assertThat(vdsm().errors()).contains("require-vf must be yes or no, not 'perhaps'");
    }

    @Test
    void refusesToSendALoginUnencryptedToAnotherMachine() throws Exception {
        configure("url = http://192.0.2.1/understudy", "login = " + folder + "/login");

        assertThat(vdsm().errors()).contains("url must be https, or http to this host itself");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
                "HTTP/1.1 200 OK\r\n\r\n{\"definition\": \"<domain/>\"}",
                "HTTP/1.1 200 OK\r\n\r\n{\"definition\": \"<domain/>\", \"findings\": [1]}",
                "HTTP/1.1 200 OK\r\n\r\n{\"definition\": \"\", \"findings\": []}",
                "HTTP/1.1 200 OK\r\n\r\n[]",
                "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n"
            })
    void stopsAVmForAnInvalidAnswerOnlyIfTheVfIsRequired(String answer) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> answer(listener, answer));
            server.setDaemon(true);
            server.start();
            configure(
                    "url = http://127.0.0.1:%d/understudy".formatted(listener.getLocalPort()),
                    "login = " + folder + "/login");
            requireNothingIsStopped();

            configure("require-vf = yes");
            requireAllRefuse();
        }
    }

    /** Answers each connection once, until the listener is closed. */
    private static void answer(ServerSocket listener, String answer) {
        while (!listener.isClosed()) {
            try (Socket call = listener.accept()) {
                // Reads the whole request, because a reset would discard the response.
                StringBuilder question = new StringBuilder();
                for (int next = 0; next >= 0 && question.indexOf("</domain>\n") < 0; ) {
                    next = call.getInputStream().read();
                    question.append((char) next);
                }
                call.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                continue;
            }
        }
    }

    @Test
    void stopsNoVmWhereTheLibraryIsMissingOrBroken() throws Exception {
        configure("require-vf = yes");
        library = Files.createDirectories(folder.resolve("lib"));
        requireNothingIsStopped("understudy");

        Files.writeString(library.resolve("understudy_hook.py"), "import no_such_module\n");
        requireNothingIsStopped("no_such_module");
    }

    @Test
    void requestsTheFormThatCloudstacksAgentCanRead() throws Exception {
        library = Files.createDirectories(folder.resolve("lib"));
        Files.writeString(
                library.resolve("understudy_hook.py"),
                "import sys\nsys.stdin.read()\nprint('<asked>%s</asked>' % ' '.join(sys.argv[1:]), end='')\n");

        assertThat(cloudstack().output()).isEqualTo("<asked>transform plain-hostdev</asked>");
    }

    private Path file(String path, String content) throws IOException {
        Path file = folder.resolve("root").resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private void hook(String action, String manager) throws Exception {
        Ended ended = run(
                List.of(Built.hooks() + "/hook", action, manager),
                Map.of("DESTDIR", folder.resolve("root").toString()),
                "");
        assertThat(ended.status()).as("%s", ended).isZero();
    }

    @Test
    void keepsAScriptThatAnUpdateOfOpenNebulaHasInstalled() throws Exception {
        Path deploy = file("var/lib/one/remotes/vmm/kvm/deploy", "old");
        hook("install", "opennebula");
        Files.writeString(deploy, "new");

        hook("remove", "opennebula");

        assertThat(deploy).hasContent("new");
    }

    @Test
    void keepsTheLibraryThatAScriptOfOpenNebulaOnThisHostNeeds() throws Exception {
        hook("install", "libvirt");
        Path deploy = file("var/tmp/one/vmm/kvm/deploy", "import understudy_hook");
        Path kept = folder.resolve("root/usr/local/lib/understudy/understudy_hook.py");

        hook("remove", "libvirt");
        assertThat(kept).exists();

        Files.delete(deploy);
        hook("remove", "libvirt");
        assertThat(kept).doesNotExist();
    }

    @Test
    void createsTheFolderOfAForwardedSocketUntilItIsRemoved() throws Exception {
        Path room = folder.resolve("root/run/understudy");
        Path lasting = folder.resolve("root/etc/tmpfiles.d/understudy-hook.conf");

        hook("install", "libvirt");
        assertThat(room).isDirectory();
        assertThat(lasting).hasContent("d /run/understudy 0755 root root");

        hook("remove", "libvirt");
        assertThat(room).doesNotExist();
        assertThat(lasting).doesNotExist();
    }
}

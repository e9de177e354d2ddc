// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.Built;

/** The hooks for managers that start VMs, each run as by its manager, with a real server by REST. */
@ExtendWith(SharedKaraf.class)
@Timeout(300)
class ScriptHooksIT {
    /** NICs of this network become pairs. */
    private static final String DEFINITION = """
            <domain type='kvm'>
              <name>web1</name>
              <memory unit='MiB'>64</memory>
              <os><type arch='x86_64' machine='q35'>hvm</type></os>
              <devices>
                <!-- öne NIC -->
                <interface type='network'>
                  <mac address='52:54:00:11:22:33'/>
                  <source network='fast'/>
                  <model type='virtio'/>
                </interface>
              </devices>
            </domain>
            """;

    private static final String WITHOUT_PCIE = DEFINITION.replace("q35", "pc-i440fx-7.2");

    private static KarafServer server;

    @TempDir
    Path folder;

    private Path configuration;

    private record Ended(int status, String output, String errors) {}

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        server = shared;
        server.startWith("""
                hosts:
                  - {name: alpha, connector: qemu, directory: %s/alpha, accelerator: tcg, user: %s}
                pools:
                  - {name: stand-in, kind: emulated, model: e1000e}
                networks: {fast: stand-in}
                allow-emulated-primary: true
                """.formatted(server.home, Built.qemuUser()), 1);
    }

    @BeforeEach
    void configure() throws IOException {
        configuration = folder.resolve("hook.conf");
        Files.writeString(folder.resolve("login"), "admin:" + server.password() + "\n");
        Files.writeString(configuration, """
                host = alpha
                url = http://127.0.0.1:%d/understudy
                login = %s/login
                deadline = 30
                networks = other, fast
                notes = %s
                """.formatted(server.httpPort, folder, folder));
    }

    /** A later line of the configuration overrides an earlier one. */
    private void configure(String... lines) throws IOException {
        Files.writeString(configuration, Files.readString(configuration) + String.join("\n", lines) + "\n");
    }

    private void serverAway() throws IOException {
        configure("url = http://127.0.0.1:%d/understudy".formatted(KarafServer.freePort()));
    }

    private Ended run(List<String> command, Map<String, String> environment, String input) throws Exception {
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
        builder.environment().put("UNDERSTUDY_HOOK_CONF", configuration.toString());
        builder.environment()
                .put("UNDERSTUDY_HOOK_LIB", Built.hooks().resolve("lib").toString());
        builder.environment().put("PYTHONPATH", Built.hooks().resolve("lib").toString());
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), Files.readString(output), Files.readString(errors));
    }

    /** Its exit status, and the content of the file as its output. */
    private Ended vdsm(String definition) throws Exception {
        return vdsm("before_vm_start", definition);
    }

    private Ended vdsm(String occasion, String definition) throws Exception {
        Path file = Files.writeString(folder.resolve("domxml"), definition);
        Path hook = Files.createDirectories(folder.resolve(occasion)).resolve("50_understudy");
        Files.deleteIfExists(hook);
        Files.copy(Built.hooks().resolve("vdsm/understudy"), hook);
        Ended ended = run(List.of(hook.toString()), Map.of("_hook_domxml", file.toString()), "");
        return new Ended(ended.status(), Files.readString(file), ended.errors());
    }

    private Ended opennebula(String definition) throws Exception {
        Path remotes = Files.createDirectories(folder.resolve("remotes"));
        Path own = Files.writeString(
                remotes.resolve("deploy.opennebula"), "#!/bin/sh\ncat >\"$1\"\necho uuid $2\nexit 7\n");
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
        Path deploy = remotes.resolve("deploy");
        Files.deleteIfExists(deploy);
        Files.copy(Built.hooks().resolve("opennebula/deploy"), deploy);
        return run(List.of(deploy.toString(), folder.resolve("deployment.0").toString(), "host"), Map.of(), definition);
    }

    private Ended cloudstack(String script, String method, String argument) throws Exception {
        return run(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CloudstackAgent.class.getName(),
                        Built.hooks().resolve("cloudstack").toString(),
                        script,
                        method),
                Map.of(),
                argument);
    }

    private Ended transformer(String definition) throws Exception {
        return cloudstack("libvirt-vm-xml-transformer.groovy", "transform", definition);
    }

    private static void requirePair(String definition) {
        assertThat(definition).contains("<teaming type='persistent'/>", "type='transient'", "öne NIC");
    }

    private Ended hook(String action, String manager) throws Exception {
        return run(
                List.of(Built.hooks() + "/hook", action, manager),
                Map.of("DESTDIR", folder.resolve("root").toString()),
                "");
    }

    private Path file(String path, String content) throws IOException {
        Path file = folder.resolve("root").resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    @ParameterizedTest
    @ValueSource(strings = {"libvirt", "cloudstack", "vdsm", "opennebula"})
    void isInstalledAndRemovedByOneCommandThatMayBeRepeated(String manager) throws Exception {
        Path own = file("var/lib/one/remotes/vmm/kvm/deploy", "OpenNebula's own");

        assertThat(hook("status", manager).status()).isEqualTo(1);
        for (String action : new String[] {"install", "install", "status"}) {
            Ended ended = hook(action, manager);
            assertThat(ended.status()).as("%s", ended).isZero();
            assertThat(ended.output()).contains(": installed\n").doesNotContain("not installed");
        }
        assertThat(hook("remove", manager).status()).isZero();
        assertThat(hook("remove", manager).status()).isZero();
        assertThat(hook("status", manager).output()).contains("not installed");
        assertThat(own).hasContent("OpenNebula's own");
        assertThat(folder.resolve("root/usr/local/lib/understudy")).doesNotExist();
    }

    @Test
    void keepsAHookOfAnotherVendor() throws Exception {
        Path other = file("usr/libexec/vdsm/hooks/before_vm_start/50_understudy", "#!/bin/sh");

        Ended ended = hook("install", "vdsm");

        assertThat(ended.status()).isEqualTo(1);
        assertThat(ended.errors()).contains("is not a hook of Understudy", "remedy:");
        assertThat(hook("remove", "vdsm").status()).isZero();
        assertThat(other).hasContent("#!/bin/sh");
    }

    @Test
    void addsAPairToTheFileOfVdsm() throws Exception {
        Ended ended = vdsm(DEFINITION);

        assertThat(ended.status()).as(ended.errors()).isZero();
        requirePair(ended.output());
    }

    @Test
    void makesAPairOfANicThatAMarkInTheMetadataSelects() throws Exception {
        String marked = DEFINITION
                .replace("<source network='fast'/>", "<source network='plain'/>")
                .replace("<memory", "<metadata>" + mark("only") + "</metadata><memory");
        configure("pool = stand-in");

        requirePair(vdsm(marked).output());
    }

    private static String mark(String nic) {
        return "<u:pairs xmlns:u='https://understudy.org/xmlns/domain/1.0'><u:mark nic='" + nic
                + "' consents='bypass-filter'/></u:pairs>";
    }

    @Test
    void makesNoPairOfANicWithAFilterUnlessTheConfigurationOrAMarkAcceptsThat() throws Exception {
        String filtered = DEFINITION.replace(
                "<source network='fast'/>", "<source network='fast'/><filterref filter='clean-traffic'/>");
        Ended refused = vdsm(filtered);
        assertThat(refused).extracting(Ended::status, Ended::output).containsExactly(0, filtered);
        assertThat(refused.errors()).contains("the filter 'clean-traffic'");

        requirePair(vdsm(filtered.replace("<memory", "<metadata>" + mark("52:54:00:11:22:33") + "</metadata><memory"))
                .output());
        configure("consents = bypass-filter");
        requirePair(vdsm(filtered).output());
    }

    @Test
    void reportsAVmThatContinuedWithoutItsVfWhenTheServerAnswersAgain() throws Exception {
        Rest rest = new Rest(server.httpPort, "admin", server.password());
        String other = DEFINITION.replace("web1", "passed-by-hook");
        serverAway();
        assertThat(vdsm(other).output()).isEqualTo(other);
        assertThat(rest.get("/api/v1/doctor").body()).doesNotContain("passed-by-hook");

        configure("url = http://127.0.0.1:%d/understudy".formatted(server.httpPort));
        assertThat(vdsm(DEFINITION).errors()).doesNotContain("not reported");

        assertThat(rest.get("/api/v1/doctor").body())
                .contains(
                        "hook-passed-vm",
                        "VM passed-by-hook on host alpha continued without a VF at ",
                        "does not answer");
        assertThat(folder.resolve(System.getProperty("user.name")).resolve("passed"))
                .doesNotExist();
    }

    @Test
    void leavesVdsmsFileAsItIsWhereTheServerIsAwayUnlessTheVfIsRequired() throws Exception {
        serverAway();
        Ended lenient = vdsm(DEFINITION);
        assertThat(lenient.status()).isZero();
        assertThat(lenient.output()).isEqualTo(DEFINITION);
        assertThat(lenient.errors()).contains("Understudy does not answer");

        configure("require-vf = yes");
        Ended strict = vdsm(DEFINITION);
        assertThat(strict.status()).as("what ends the operation for VDSM").isEqualTo(2);
        assertThat(strict.output()).isEqualTo(DEFINITION);
    }

    @Test
    void makesNoPairOfAVmThatRunsAlreadyAndArrivesAtVdsmsHost() throws Exception {
        assertThat(vdsm("before_vm_migrate_destination", DEFINITION)).isEqualTo(new Ended(0, DEFINITION, ""));

        serverAway();
        configure("require-vf = yes");
        String paired =
                DEFINITION.replace("<model type='virtio'/>", "<model type='virtio'/><teaming type='persistent'/>");
        assertThat(vdsm("before_vm_migrate_destination", paired).status()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<source network='plain'/>", "<source bridge='br0'/>"})
    void sendsNoRequestForAVmWithoutAPair(String source) throws Exception {
        serverAway();
        configure("require-vf = yes");
        String other = DEFINITION.replace("<source network='fast'/>", source);

        assertThat(vdsm(other)).isEqualTo(new Ended(0, other, ""));
    }

    @Test
    void continuesWithoutAPairIfTheLoginIsWrongOrTheHostUnknown() throws Exception {
        Files.writeString(folder.resolve("login"), "admin:wrong");
        assertThat(vdsm(DEFINITION).errors()).contains("User and password, or the token, are wrong");

        configure("host = nobody");
        Files.writeString(folder.resolve("login"), "admin:" + server.password());
        Ended unknown = vdsm(DEFINITION);
        assertThat(unknown.output()).isEqualTo(DEFINITION);
        assertThat(unknown.errors()).contains("nobody");
    }

    @Test
    void waitsNoLongerThanItsDeadline() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            configure("deadline = 0.5", "url = http://127.0.0.1:%d/understudy".formatted(silent.getLocalPort()));

            Ended ended = vdsm(DEFINITION);

            assertThat(ended.status()).isZero();
            assertThat(ended.output()).isEqualTo(DEFINITION);
            assertThat(ended.errors()).contains("no answer within 0.5 s");
        }
    }

    @Test
    void trustsAServerByItsCertificateOnly() throws Exception {
        try (TlsProxy door = new TlsProxy(folder, server.httpPort)) {
            configure("url = https://localhost:%d/understudy".formatted(door.port()));
            Ended stranger = vdsm(DEFINITION);
            assertThat(stranger.output()).isEqualTo(DEFINITION);
            assertThat(stranger.errors()).contains("CERTIFICATE_VERIFY_FAILED");

            configure("ca = " + door.certificate());
            requirePair(vdsm(DEFINITION).output());
        }
    }

    @Test
    void passesTheDefinitionWithThePairToOpenNebulasOwnScript() throws Exception {
        Ended ended = opennebula(DEFINITION);

        assertThat(ended.status()).as(ended.errors()).isEqualTo(7);
        assertThat(ended.output()).isEqualTo("uuid host\n");
        requirePair(Files.readString(folder.resolve("deployment.0")));
    }

    @Test
    void showsOpenNebulasUserWhyAVmIsRefused() throws Exception {
        configure("require-vf = yes");

        Ended ended = opennebula(WITHOUT_PCIE);

        assertThat(ended.status()).isEqualTo(1);
        assertThat(ended.errors())
                .contains("Understudy refused to start the VM: ", "pc-i440fx-7.2")
                .doesNotContain("--8<");
        assertThat(folder.resolve("deployment.0")).doesNotExist();
    }

    @Test
    void addsAPairForCloudstacksAgent() throws Exception {
        Ended ended = transformer(DEFINITION);

        assertThat(ended.status()).as(ended.errors()).isZero();
        requirePair(ended.output());
    }

    @Test
    void logsWhyCloudstacksBiosGuestGetsNoPair() throws Exception {
        Ended ended = transformer(WITHOUT_PCIE);

        assertThat(ended.output()).as(ended.errors()).isEqualTo(WITHOUT_PCIE);
        assertThat(ended.errors()).contains("WARN", "pc-i440fx-7.2");
    }

    @Test
    void returnsADefinitionThatLibvirtRefusesIfTheVfIsRequiredForCloudstacksAgent() throws Exception {
        configure("require-vf = yes");

        Ended ended = transformer(WITHOUT_PCIE);

        assertThat(ended.output())
                .startsWith("<domain type='understudy: refused: ")
                .contains("pc-i440fx-7.2");
    }

    @Test
    void doesNotStopCloudstacksAgentIfTheServerIsUnreachable() throws Exception {
        serverAway();

        Ended ended = transformer(DEFINITION);

        assertThat(ended.output()).isEqualTo(DEFINITION);
        assertThat(ended.errors()).contains("WARN", "Understudy does not answer");
    }

    /** Java encodes arguments of programs by the locale. */
    private static final String ASCII = DEFINITION.replace('\u00f6', 'o');

    /** As the agent of CloudStack runs it since 4.21, with both outputs in one. Source: com.cloud.utils.script.Script. */
    private Ended shellTransformer(String definition) throws Exception {
        Ended ended = run(
                List.of(Built.hooks() + "/cloudstack/libvirt-vm-xml-transformer.sh", "transform", definition),
                Map.of(),
                "");
        return new Ended(ended.status(), ended.errors() + ended.output(), "");
    }

    @Test
    void addsAPairForAnAgentThatRunsAShellScript() throws Exception {
        Ended ended = shellTransformer(ASCII);

        assertThat(ended.status()).isZero();
        assertThat(ended.output()).startsWith("<domain").contains("<teaming type='persistent'/>", "type='transient'");
    }

    @Test
    void keepsTheDefinitionOfAnAgentThatRunsAShellScriptIfTheServerIsUnreachable() throws Exception {
        serverAway();
        assertThat(shellTransformer(ASCII)).isEqualTo(new Ended(0, ASCII, ""));

        configure("require-vf = yes");
        assertThat(shellTransformer(ASCII).output()).startsWith("<domain type='understudy: refused");
    }

    @Test
    void installsTheScriptThatTheVersionOfCloudstacksAgentRuns() throws Exception {
        Path groovy = folder.resolve("root/etc/cloudstack/agent/hooks/libvirt-vm-xml-transformer.groovy");
        Path shell = folder.resolve("root/etc/cloudstack/agent/hooks/libvirt-vm-xml-transformer.sh");
        file("usr/share/cloudstack-agent/lib/cloud-plugin-hypervisor-kvm-4.20.1.0.jar", "");
        hook("install", "cloudstack");
        assertThat(groovy).exists();
        assertThat(shell).doesNotExist();

        file("usr/share/cloudstack-agent/lib/cloud-plugin-hypervisor-kvm-4.22.0.0.jar", "");
        Ended upgraded = hook("install", "cloudstack");

        assertThat(upgraded.status()).as("%s", upgraded).isZero();
        assertThat(shell).exists();
        assertThat(groovy).as("the agent would run both").doesNotExist();
        hook("remove", "cloudstack");
        assertThat(shell).doesNotExist();
    }

    private static final String VMI = """
            {"metadata": {"annotations": {"understudy.org/pairs": "{\\"default\\": \\"fast\\"}"}},
             "spec": {"domain": {"devices": {"interfaces": [
               {"name": "default", "macAddress": "02:00:00:00:00:01", "masquerade": {}},
               {"name": "fast", "macAddress": "02:00:00:00:00:01", "sriov": {}}]}}}}
            """;

    private static final String KUBEVIRT = """
            <domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
              <name>ns_vm</name>
              <devices>
                <interface type="ethernet"><model type="virtio-non-transitional"></model><alias name="ua-default"></alias></interface>
                <hostdev mode="subsystem" type="pci" managed="no">
                  <source><address type="pci" domain="0x0000" bus="0x81" slot="0x01" function="0x0"></address></source>
                  <alias name="ua-sriov-fast"></alias>
                </hostdev>
              </devices>
              <qemu:commandline><qemu:arg value="-no-x"></qemu:arg></qemu:commandline>
            </domain>
            """;

    /** As the sidecar of KubeVirt runs it. Source: sidecar_shim.go. */
    private Ended sidecar(String vmi, String definition) throws Exception {
        return run(
                List.of(Built.hooks() + "/kubevirt/onDefineDomain", "--vmi", vmi, "--domain", definition),
                Map.of(),
                "");
    }

    @Test
    void pairsTheInterfacesThatTheAnnotationOfAVmiNames() throws Exception {
        Ended ended = sidecar(VMI, KUBEVIRT);

        assertThat(ended.status()).as(ended.errors()).isZero();
        assertThat(ended.output())
                .contains(
                        "<alias name=\"ua-default\" /><teaming type=\"persistent\" />",
                        "<teaming type=\"transient\" persistent=\"ua-default\" />",
                        "<qemu:arg value=\"-no-x\" />");
        Rest rest = new Rest(server.httpPort, "admin", server.password());
        assertThat(rest.change("POST", "/api/v1/lint", ended.output()).body())
                .as("what the rules find in the pair")
                .doesNotContain("alias-", "teaming-invalid", "standby-not-virtio");
    }

    @Test
    void keepsTheDefinitionOfAVmiWithoutASuitablePairUnlessTheVfIsRequired() throws Exception {
        String differs = VMI.replaceFirst("02:00:00:00:00:01", "02:00:00:00:00:02");
        assertThat(sidecar(VMI.replace("understudy.org/pairs", "other"), KUBEVIRT))
                .isEqualTo(new Ended(0, KUBEVIRT + "\n", ""));

        Ended lenient = sidecar(differs, KUBEVIRT);
        assertThat(lenient).extracting(Ended::status, Ended::output).containsExactly(0, KUBEVIRT + "\n");
        assertThat(lenient.errors()).contains("need the same macAddress");
        Ended strict = sidecar(
                differs.replace("\"annotations\": {", "\"annotations\": {\"understudy.org/require-vf\": \"true\", "),
                KUBEVIRT);
        assertThat(strict).extracting(Ended::status, Ended::output).containsExactly(1, "");
    }

    @Test
    void logsInCloudstacksAgentAfterAStartWhetherUnderstudyAnswers() throws Exception {
        Ended started = cloudstack("libvirt-vm-state-change.groovy", "onStart", "i-2-3-VM");
        Ended stopped = cloudstack("libvirt-vm-state-change.groovy", "onStop", "i-2-3-VM");

        assertThat(started.errors()).contains("INFO VM i-2-3-VM was started. Understudy answers for host alpha");
        assertThat(stopped.errors()).contains("INFO VM i-2-3-VM was stopped");
        assertThat(started.output() + stopped.output()).isEqualTo("truetrue");
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.xml.XmlBytes;
import org.understudy.qemu.process.Sandbox;

/** The lifecycle of VMs on a host with a real QEMU. */
class QemuHostTest {
    private static final VmName VM = new VmName("vm1");

    private Lab lab;
    private Host host;

    @BeforeEach
    void openHost() throws IOException {
        lab = new Lab();
        host = lab.host("h");
    }

    @AfterEach
    void endAll() {
        lab.close();
    }

    @Test
    void storesDefinitionByteForByteIfNothingIsMissing() {
        String definition = EmptyVms.empty("vm1").replace("'q35'", "\"pc-q35-7.2\"");
        Lab.require(host.facts().machineTypes().contains("pc-q35-7.2"), "machine pc-q35-7.2");
        host.define(definition);
        assertThat(host.definition(VM)).isEqualTo(definition);
    }

    @Test
    void completesValuesThatWouldChangeAtEachStart() {
        host.define(EmptyVms.empty("vm1", "<interface type='user'><model type='virtio'/></interface>")
                .replaceAll("<uuid>.*</uuid>", ""));
        String stored = host.definition(VM);
        assertThat(stored)
                .containsPattern("<uuid>[0-9a-f-]{36}</uuid>")
                .containsPattern("<mac address='52:54:00:")
                .containsPattern("machine='pc-q35-[0-9.]+'");
        host.define(stored);
        assertThat(host.definition(VM)).isEqualTo(stored);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ISO-8859-1", "UTF-16"})
    void storesDefinitionInItsOwnEncoding(String encoding) throws IOException {
        byte[] bytes = ("<?xml version='1.0' encoding='" + encoding + "'?>\n"
                        + EmptyVms.empty("vm1")
                                .replace("'q35'", "'pc-q35-7.2'")
                                .replace("<memory", "<title>Bj\u00F6rn</title><memory"))
                .getBytes(encoding);
        Lab.require(host.facts().machineTypes().contains("pc-q35-7.2"), "machine pc-q35-7.2");
        String text = XmlBytes.read("test", bytes, Optional.empty());
        host.define(text);
        assertThat(host.definition(VM)).isEqualTo(text);
        assertThat(lab.root().resolve("h/vm1/definition.xml")).hasBinaryContent(bytes);
        host.start(VM, Map.of());
        assertThat(host.liveDefinition(VM)).contains(text);
    }

    @Test
    void rejectsDefinitionWithSameNameAndOtherUuid() {
        host.define(EmptyVms.empty("vm1"));
        assertCode(ErrorCode.VM_EXISTS, () -> host.define(EmptyVms.empty("vm1").replace("11111111", "99999999")));
    }

    @Test
    void rejectsDefinitionWithUnsupportedParts() {
        assertCode(ErrorCode.REFUSED_BY_FINDINGS, () -> host.define(EmptyVms.empty("vm1", "<tpm model='tpm-tis'/>")));
        assertThat(host.vms()).isEmpty();
    }

    @Test
    void startsPausesResumesResetsAndDestroys() {
        List<HostEvent> events = Lab.record(host);
        host.define(EmptyVms.empty("vm1"));
        host.start(VM, Map.of());
        assertThat(state()).isEqualTo(VmState.RUNNING);
        host.pause(VM);
        assertThat(state()).isEqualTo(VmState.PAUSED);
        host.resume(VM);
        assertThat(state()).isEqualTo(VmState.RUNNING);
        host.reset(VM);
        assertCode(ErrorCode.WRONG_VM_STATE, () -> host.start(VM, Map.of()));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> host.undefine(VM));
        host.destroy(VM);

        assertThat(vm()).isEqualTo(new HostedVm(VM, vm().uuid(), VmState.SHUTOFF, "destroyed"));
        assertThat(host.liveDefinition(VM)).isEmpty();
        Lab.await("events")
                .untilAsserted(() -> assertThat(events)
                        .extracting(e -> e.getClass().getSimpleName())
                        .containsSubsequence(
                                "DefinitionChanged", "Started", "Resumed", "Paused", "Resumed", "WasReset", "Stopped"));
        host.undefine(VM);
        assertCode(ErrorCode.VM_NOT_FOUND, () -> host.definition(VM));
        assertThat(lab.root().resolve("h/vm1")).doesNotExist();
    }

    @Test
    void keepsVmRunningAndControlsItAfterRestart() {
        host.define(EmptyVms.empty("vm1"));
        host.start(VM, Map.of());
        lab.close(host);
        host = lab.host("h");
        List<HostEvent> events = Lab.record(host);

        assertThat(state()).isEqualTo(VmState.RUNNING);
        assertCode(ErrorCode.WRONG_VM_STATE, () -> host.start(VM, Map.of()));
        host.pause(VM);
        Lab.await("event").until(() -> events.stream().anyMatch(HostEvent.Paused.class::isInstance));
        host.destroy(VM);
        Lab.await("end").until(() -> events.stream().anyMatch(HostEvent.Stopped.class::isInstance));
    }

    @Test
    void reportsVmThatEndedWhileServerWasDown() throws IOException {
        host.define(EmptyVms.empty("vm1"));
        host.start(VM, Map.of());
        long pid = pid();
        lab.close(host);
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        Lab.await("end").until(() -> ProcessHandle.of(pid).isEmpty());
        host = lab.host("h");

        assertThat(state()).isEqualTo(VmState.SHUTOFF);
        assertThat(vm().details()).startsWith("QEMU ended while Understudy was not running");
        host.start(VM, Map.of());
        assertThat(state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void ignoresOtherProcessWithSameId() throws IOException {
        host.define(EmptyVms.empty("vm1"));
        host.start(VM, Map.of());
        host.destroy(VM);
        lab.close(host);
        Files.writeString(lab.root().resolve("h/vm1/run.json"), """
                {"role":"RUNNING","pid":%d,"startTicks":1,"accelerator":"tcg","uri":"","vfs":{}}
                """.formatted(
                        ProcessHandle.current().pid()));
        host = lab.host("h");
        assertThat(state()).isEqualTo(VmState.SHUTOFF);
    }

    @Test
    void runsQemuOnTheCpusOfTheDefinition() throws IOException {
        host.define(EmptyVms.empty("vm1").replace("<vcpu>", "<vcpu cpuset='0'>"));
        host.start(VM, Map.of());

        assertThat(Files.readString(Path.of("/proc/" + pid() + "/status")))
                .containsPattern("Cpus_allowed_list:\\s+0\n");
    }

    @Test
    void reportsSignalThatKilledQemu() throws IOException {
        List<HostEvent> events = Lab.record(host);
        host.define(EmptyVms.empty("vm1"));
        host.start(VM, Map.of());
        ProcessHandle.of(pid()).orElseThrow().destroyForcibly();
        Lab.await("stop").until(() -> events.stream().anyMatch(HostEvent.Stopped.class::isInstance));
        assertThat(vm().details()).isEqualTo("QEMU was killed by signal 9");
    }

    @Test
    void reportsOutputOfQemuThatDoesNotStart() {
        String serial = "<serial type='file'><source path='/nonexistent/serial.log'/></serial>";
        host.define(EmptyVms.empty("vm1", serial));
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> host.start(VM, Map.of()))
                .withMessageContaining("QEMU exited with 1")
                .withMessageContaining("/nonexistent/serial.log")
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.QEMU_START_FAILED));
        assertThat(state()).isEqualTo(VmState.SHUTOFF);
    }

    @Test
    void reportsUserWithoutAccessToFile() throws IOException {
        Path closed =
                Files.createFile(lab.root().resolve("closed.log"), PosixFilePermissions.asFileAttribute(Set.of()));
        host.define(EmptyVms.empty("vm1", "<serial type='file'><source path='" + closed + "'/></serial>"));
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> host.start(VM, Map.of()))
                .withMessageContaining("Permission denied")
                .matches(e -> e.getMessage().contains("QEMU runs as") == Sandbox.isRoot(), "reports the user of QEMU");
    }

    @Test
    void rejectsFolderOfAnotherServer() {
        assertCode(ErrorCode.HOST_UNAVAILABLE, () -> lab.host("h"));
    }

    @Test
    void ignoresFolderWithInvalidVmName() throws IOException {
        lab.close(host);
        Files.writeString(
                Files.createDirectories(lab.root().resolve("h/not a VM")).resolve("definition.xml"), "<domain/>");
        host = lab.host("h");
        assertThat(host.vms()).isEmpty();
    }

    @Test
    void releasesFolderIfOpenFails() throws IOException {
        lab.close(host);
        Path folder = lab.root().resolve("h");
        Files.delete(folder.resolve(".lock"));
        Files.createDirectory(folder.resolve(".lock"));
        assertCode(ErrorCode.IO_FAILED, () -> lab.host("h"));
        Files.delete(folder.resolve(".lock"));
        host = lab.host("h");
        assertThat(host.vms()).isEmpty();
    }

    @Test
    void rejectsVmWithTooLongSocketPath() {
        Host deep = lab.host("d".repeat(60));
        assertCode(ErrorCode.INVALID_ARGUMENT, () -> deep.define(EmptyVms.empty("v".repeat(60))));
    }

    @Test
    void protectsStateFromOtherUsers() throws IOException {
        host.define(EmptyVms.empty("vm1"));
        host.start(VM, Map.of());
        Path folder = lab.root().resolve("h/vm1");
        assertThat(Files.getPosixFilePermissions(folder.resolve("q"))).hasSize(3);
        if ("root".equals(System.getProperty("user.name"))) {
            assertThat(Files.getOwner(folder).getName()).isEqualTo("root");
            assertThat(Files.getOwner(folder.resolve("q")).getName()).isNotEqualTo("root");
            assertThat(Files.readString(Path.of("/proc/" + pid() + "/status")))
                    .doesNotContainPattern("Uid:\\s0")
                    .containsPattern("Seccomp:\\s2");
        }
    }

    private long pid() throws IOException {
        return Long.parseLong(
                Files.readString(lab.root().resolve("h/vm1/q/qemu.pid")).strip());
    }

    private VmState state() {
        return vm().state();
    }

    private HostedVm vm() {
        return Optional.of(host).flatMap(h -> h.find(VM)).orElseThrow();
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(call::run)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }
}

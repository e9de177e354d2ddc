// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.xml.GuestMemory;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.qemu.domain.CommandLine;
import org.understudy.qemu.domain.CompletedDefinition;
import org.understudy.qemu.domain.DefinitionReader;
import org.understudy.qemu.domain.Device;
import org.understudy.qemu.domain.Domain;
import org.understudy.qemu.domain.FirmwareCatalog;
import org.understudy.qemu.domain.HostOverrides;
import org.understudy.qemu.process.Launcher;
import org.understudy.qemu.process.QemuProcess;
import org.understudy.qemu.process.RunRecord;
import org.understudy.qemu.process.Sandbox;
import org.understudy.qemu.process.VmFolder;

/** Shared services of the VMs of a host; launches QEMU processes. */
record QemuRuntime(
        HostSettings settings,
        Supplier<Emulator> emulators,
        FirmwareCatalog firmware,
        QemuThreads threads,
        HostEventQueue events) {
    private static final Duration START = Duration.ofSeconds(60);

    /**
     * Starts QEMU for a definition and waits until its monitor replies. The vCPUs are paused.
     *
     * @param vfs VF by alias
     * @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} with the last lines of the log of QEMU
     */
    RunningQemu launch(VmFolder folder, String definition, RunRecord.Role role, Map<String, PciAddress> vfs) {
        Emulator emulator = emulators.get();
        boolean kvm = DefinitionReader.read(definition).domain().kvm();
        String accelerator = kvm ? emulator.accelerator() : "tcg";
        String live = CompletedDefinition.withType(definition, accelerator.equals("kvm") ? "kvm" : "qemu");
        Domain domain = DefinitionReader.read(live).domain();
        Map<String, String> vfTexts = new TreeMap<>();
        vfs.forEach((alias, vf) -> vfTexts.put(alias, vf.toString()));
        boolean incoming = role == RunRecord.Role.INCOMING;
        folder.beginRun(new RunRecord(role, 0, 0, accelerator, "", vfTexts), live);
        try {
            HostOverrides overrides = new HostOverrides(
                    emulator.version(),
                    accelerator,
                    domain.uuid().orElseGet(UUID::randomUUID),
                    folder.qemuFolder(),
                    firmware.flash(domain, folder.nvram()),
                    settings.bridgeHelper(),
                    vfs,
                    incoming);
            QemuProcess process = new Launcher(settings.binary(), emulator.version())
                    .start(
                            folder,
                            sandbox(domain),
                            CommandLine.of(domain, overrides),
                            incoming ? List.of("-incoming", "defer") : List.of());
            return connect(
                    new RunningQemu(folder, process, folder.run().orElseThrow(), threads, events),
                    START.plus(GuestMemory.read(live).startAllowance()));
        } catch (UnderstudyException e) {
            folder.clearRunOrDelete();
            throw e;
        }
    }

    private Sandbox sandbox(Domain domain) {
        return new Sandbox(
                settings.user(),
                usesBridge(domain),
                domain.devices(Device.PassedThrough.class).findAny().isPresent(),
                domain.vcpus().hostCpus());
    }

    static boolean usesBridge(Domain domain) {
        return domain.devices(Device.Nic.class).anyMatch(n -> n.backend() instanceof Device.NicBackend.Bridge);
    }

    private RunningQemu connect(RunningQemu qemu, Duration limit) {
        try {
            qemu.connect(limit);
            return qemu;
        } catch (UnderstudyException e) {
            boolean ended = qemu.process().awaitExit(Duration.ofSeconds(1));
            String why = ended ? qemu.endReason() : e.getMessage();
            qemu.process().kill();
            qemu.process().awaitExit(Duration.ofSeconds(10));
            throw new UnderstudyException(
                    ErrorCode.QEMU_START_FAILED,
                    "VM %s did not start: %s".formatted(qemu.vm(), withAccessHint(why)),
                    e);
        }
    }

    /** Names the user of QEMU, because the user of the server is not the cause of a denied access. */
    private String withAccessHint(String why) {
        return !why.contains("Permission denied") || settings.userName().isEmpty()
                ? why
                : why
                        + " (QEMU runs as user %1$s; grant %1$s access to the file and its parent folders)"
                                .formatted(settings.userName().get());
    }

    /** The VFs of a run record. */
    static Map<String, PciAddress> vfs(RunRecord run) {
        Map<String, PciAddress> vfs = new TreeMap<>();
        run.vfs().forEach((alias, vf) -> vfs.put(alias, PciAddress.parse(vf)));
        return vfs;
    }

    /** The device with an id. */
    static Optional<Device> device(Domain domain, String id) {
        return domain.devices().stream().filter(d -> d.id().equals(id)).findFirst();
    }
}

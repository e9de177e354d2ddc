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

/** What all VMs of a host share, and how a QEMU is brought up from it. */
record QemuRuntime(
        HostSettings settings, Supplier<Emulator> emulators, FirmwareCatalog firmware, QemuEventQueue events) {
    private static final Duration START = Duration.ofSeconds(60);

    /**
     * Starts QEMU for a definition and waits until its monitor answers; vCPUs stand still.
     *
     * @param vfs VF by alias
     * @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} with the end of QEMU's log
     */
    RunningQemu launch(VmFolder folder, String definition, RunRecord.Role role, Map<String, PciAddress> vfs) {
        Emulator emulator = emulators.get();
        Domain domain = DefinitionReader.read(definition).domain();
        String accelerator = domain.kvm() ? emulator.accelerator() : "tcg";
        String live = CompletedDefinition.withType(definition, accelerator.equals("kvm") ? "kvm" : "qemu");
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
                            confinement(domain),
                            CommandLine.of(domain, overrides),
                            incoming ? List.of("-incoming", "defer") : List.of());
            return connected(new RunningQemu(folder, process, folder.run().orElseThrow(), events));
        } catch (UnderstudyException e) {
            folder.clearRunOrDelete();
            throw e;
        }
    }

    private Sandbox confinement(Domain domain) {
        return new Sandbox(
                settings.user(),
                usesBridge(domain),
                domain.devices(Device.PassedThrough.class).findAny().isPresent());
    }

    static boolean usesBridge(Domain domain) {
        return domain.devices(Device.Nic.class).anyMatch(n -> n.backend() instanceof Device.NicBackend.Bridge);
    }

    private RunningQemu connected(RunningQemu qemu) {
        try {
            qemu.connect(START);
            return qemu;
        } catch (UnderstudyException e) {
            boolean ended = qemu.process().awaitExit(Duration.ofSeconds(1));
            String why = ended ? qemu.endReason() : e.getMessage();
            qemu.process().kill();
            qemu.process().awaitExit(Duration.ofSeconds(10));
            throw new UnderstudyException(
                    ErrorCode.QEMU_START_FAILED, "VM %s did not start: %s".formatted(qemu.vm(), withUser(why)), e);
        }
    }

    /** Whoever sees a refused file from a server that runs as root looks for the cause in the wrong place. */
    private String withUser(String why) {
        return !why.contains("Permission denied") || settings.user().isEmpty()
                ? why
                : why
                        + " (QEMU runs as %1$s: give %1$s access to the file and to the folders above it)"
                                .formatted(settings.user().get().name());
    }

    /** The VFs of a run record. */
    static Map<String, PciAddress> vfs(RunRecord run) {
        Map<String, PciAddress> vfs = new TreeMap<>();
        run.vfs().forEach((alias, vf) -> vfs.put(alias, PciAddress.parse(vf)));
        return vfs;
    }

    /** The device of a definition with an id. */
    static Optional<Device> device(Domain domain, String id) {
        return domain.devices().stream().filter(d -> d.id().equals(id)).findFirst();
    }
}

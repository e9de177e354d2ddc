// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.probe.Accelerator;
import org.understudy.qemu.probe.AcceleratorProbe;
import org.understudy.qemu.probe.BinaryCapabilities;
import org.understudy.qemu.probe.CapabilityProbe;
import org.understudy.qemu.probe.QemuUser;
import org.understudy.qemu.process.Sandbox;
import org.understudy.qemu.process.SystemUser;

/** Probes the QEMU of the host and its accelerator; the probes cache their results. */
final class EmulatorProbe implements Supplier<Emulator> {
    private final HostSettings settings;
    private final CapabilityProbe capabilities;
    private final AcceleratorProbe accelerators;
    private final QemuUser user;

    /** @param cacheFolder the folder of results that survive a restart */
    EmulatorProbe(HostSettings settings, Path cacheFolder) {
        this.settings = settings;
        this.capabilities = new CapabilityProbe(cacheFolder);
        this.accelerators = new AcceleratorProbe(Path.of("/"), cacheFolder);
        this.user = new QemuUser(
                new Sandbox(settings.user(), false, false).userCommand(),
                settings.user().map(EmulatorProbe::principal));
    }

    @Override
    public Emulator get() {
        BinaryCapabilities found = capabilities.probe(settings.binary());
        Accelerator accelerator = accelerator(found);
        List<Finding> findings = new ArrayList<>(accelerator.fallback().stream().toList());
        if (!found.missing().isEmpty()) {
            findings.add(Finding.of(
                    FindingCode.QEMU_TOO_OLD,
                    "host " + settings.name(),
                    "QEMU %s lacks: %s".formatted(found.version(), String.join(", ", found.missing())),
                    "Install QEMU 4.2 or newer on the host."));
        }
        return new Emulator(
                found.version(),
                found.machineNames(),
                found.devices(),
                found.virtioStatus(),
                accelerator.name(),
                List.copyOf(findings));
    }

    private Accelerator accelerator(BinaryCapabilities found) {
        return settings.accelerator().equals("auto")
                ? accelerators.choose(settings.binary(), found, user)
                : new Accelerator(settings.accelerator(), Optional.empty());
    }

    private static UserPrincipal principal(SystemUser user) {
        try {
            return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(user.name());
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot look up user " + user.name() + ": " + e, e);
        }
    }
}

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

    /** @param cacheFolder the folder of results that survive a restart */
    EmulatorProbe(HostSettings settings, Path cacheFolder) {
        this.settings = settings;
        this.capabilities = new CapabilityProbe(cacheFolder);
        this.accelerators = new AcceleratorProbe(Path.of("/"), cacheFolder);
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
        if (!settings.accelerator().equals("auto")) {
            return new Accelerator(settings.accelerator(), Optional.empty());
        }
        // Without its user no QEMU starts, so the accelerator does not matter yet.
        return settings.missingUser().isPresent()
                ? new Accelerator("tcg", Optional.empty())
                : accelerators.choose(settings.binary(), found, user(settings.user()));
    }

    private static QemuUser user(Optional<SystemUser> user) {
        return new QemuUser(
                new Sandbox(user, false, false, Optional.empty()).userCommand(), user.map(EmulatorProbe::principal));
    }

    private static UserPrincipal principal(SystemUser user) {
        try {
            return FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(user.name());
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot look up user " + user.name() + ": " + e, e);
        }
    }
}

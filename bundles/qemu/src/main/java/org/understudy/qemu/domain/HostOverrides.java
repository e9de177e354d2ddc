// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.PciAddress;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.qemu.domain.Domain.FlashFormats;

/**
 * Values that a host adds to a domain for one run.
 *
 * @param accelerator {@code kvm} or {@code tcg}
 * @param folder the folder for the sockets of the VM
 * @param flash the UEFI flash images; empty for BIOS
 * @param bridgeHelper QEMU's bridge helper
 * @param vfs VF by alias, for primaries whose VF comes from a pool
 * @param incoming whether this QEMU waits for an incoming migration
 */
public record HostOverrides(
        Version version,
        String accelerator,
        UUID uuid,
        Path folder,
        Optional<Flash> flash,
        Path bridgeHelper,
        Map<String, PciAddress> vfs,
        boolean incoming) {

    /** @param secure whether the code needs SMM-protected flash */
    public record Flash(Path code, Path variables, boolean secure, FlashFormats formats) {}
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.PciAddress;
import org.understudy.api.spi.HostFacts.Version;

/**
 * What a host adds to a domain for one run.
 *
 * @param accelerator {@code kvm} or {@code tcg}
 * @param folder the VM's own folder, for sockets
 * @param flash the two halves of the UEFI firmware; empty for BIOS
 * @param bridgeHelper QEMU's bridge helper
 * @param vfs the VF for each primary that comes from a pool, by alias
 * @param incoming whether this QEMU waits for a migration
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

    /** @param secure whether the code wants SMM-protected flash */
    public record Flash(Path code, Path variables, boolean secure) {}
}

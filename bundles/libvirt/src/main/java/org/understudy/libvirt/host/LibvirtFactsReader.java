// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.libvirt.LibvirtException;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.libvirt.connect.LibvirtConnection;
import org.understudy.libvirt.connect.LibvirtSettings;
import org.understudy.libvirt.connect.NativeConnect;
import org.understudy.libvirt.domain.DomainCapabilities;
import org.understudy.libvirt.domain.HostCapabilities;
import org.understudy.libvirt.domain.Networks;

/** Reads what libvirt reports about its host. */
final class LibvirtFactsReader {
    private final LibvirtSettings settings;
    private final LibvirtConnection connection;

    LibvirtFactsReader(LibvirtSettings settings, LibvirtConnection connection) {
        this.settings = settings;
        this.connection = connection;
    }

    /** Reads anew at each call: QEMU may have been upgraded, and libvirt caches the answers itself. */
    HostFacts facts() {
        return connection.call("read the host capabilities", this::facts);
    }

    /** Whether VFIO is available on the host; empty if libvirt does not report it. */
    Optional<Boolean> vfio() {
        return connection.call(
                "read the domain capabilities",
                connect -> DomainCapabilities.read(connect).map(DomainCapabilities::vfio));
    }

    /** The security models of the host, such as {@code apparmor}. */
    List<String> securityModels() {
        return connection.call(
                "read the security models",
                connect -> List.copyOf(
                        HostCapabilities.of(connect.getCapabilities()).securityModels()));
    }

    private HostFacts facts(NativeConnect connect) throws LibvirtException {
        HostCapabilities capabilities = HostCapabilities.of(connect.getCapabilities());
        Optional<Version> hypervisor = Optional.of(version(connect.getVersion()));
        boolean qemu = connect.getType().equalsIgnoreCase("QEMU");
        Version libvirt = version(connect.getLibVersion());
        return new HostFacts(
                LibvirtSettings.KIND,
                summary(connect, libvirt, hypervisor, capabilities.accelerator()),
                hypervisor.filter(v -> qemu),
                Optional.of(libvirt),
                capabilities.accelerator(),
                capabilities.machines(),
                capabilities.iommu(),
                Optional.<Set<String>>empty(),
                Networks.all(connect),
                Networks.withVfs(connect),
                List.of());
    }

    private String summary(
            NativeConnect connect, Version libvirt, Optional<Version> hypervisor, Optional<String> accelerator)
            throws LibvirtException {
        return "libvirt %s, %s %s%s, %s"
                .formatted(
                        libvirt,
                        connect.getType(),
                        hypervisor.map(Version::toString).orElse("of unknown version"),
                        accelerator.map(a -> " (" + a + ")").orElse(""),
                        settings.uri());
    }

    /** Source: virConnectGetVersion, major * 1000000 + minor * 1000 + release. */
    private static Version version(long number) {
        return new Version((int) (number / 1_000_000), (int) (number / 1_000 % 1_000), (int) (number % 1_000));
    }
}

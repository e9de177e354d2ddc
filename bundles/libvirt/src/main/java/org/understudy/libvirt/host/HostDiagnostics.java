// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.spi.HostFacts;
import org.understudy.libvirt.connect.LibvirtSettings;

/** Findings of the doctor about a libvirt host. */
record HostDiagnostics(LibvirtSettings settings, BooleanSupplier monitored) {
    private static final int CONNECT_TIMEOUT_MILLIS = 3000;

    List<Finding> of(HostFacts facts, VfioObstacles vfio) {
        List<Finding> findings = new ArrayList<>();
        String host = "host " + settings.name();
        if (facts.libvirtVersion().filter(v -> !v.atLeast(6, 1)).isPresent()) {
            findings.add(tooOld(FindingCode.LIBVIRT_TOO_OLD, host, "libvirt", facts.libvirtVersion(), "6.1"));
        }
        if (facts.qemuVersion().filter(v -> !v.atLeast(4, 2)).isPresent()) {
            findings.add(tooOld(FindingCode.QEMU_TOO_OLD, host, "QEMU", facts.qemuVersion(), "4.2"));
        }
        if (facts.iommu().filter(on -> !on).isPresent()) {
            findings.add(Finding.of(
                            FindingCode.IOMMU_OFF,
                            host,
                            "Host " + settings.name() + ": the IOMMU is off; no VF can be assigned to a VM",
                            "Enable VT-d or AMD-Vi in the firmware and, on Intel, boot with intel_iommu=on.")
                    .as(Severity.WARNING));
        }
        if (facts.qemuVersion().isPresent() && !monitored.getAsBoolean()) {
            findings.add(Finding.of(
                    FindingCode.MONITOR_SILENT,
                    host,
                    "Host " + settings.name()
                            + ": libvirt does not deliver QEMU monitor events; guest cooperation"
                            + " and migration phases are detected late or not at all",
                    "Connect read-write as a user who may receive these events,"
                            + " and install the libvirt-qemu library on this server."));
        }
        findings.addAll(vfio.onHost());
        peer(host).ifPresent(findings::add);
        return findings;
    }

    private Finding tooOld(FindingCode code, String host, String what, Optional<HostFacts.Version> has, String needed) {
        return Finding.of(
                code,
                host,
                "Host %s has %s %s; a pair needs %s or newer"
                        .formatted(settings.name(), what, has.orElseThrow(), needed),
                "Update " + what + " on the host to " + needed + " or newer.");
    }

    /** Probes the address for other hosts; whether they reach it too, only they can find out. */
    private Optional<Finding> peer(String host) {
        URI uri = URI.create(settings.peerUri());
        int port = uri.getPort() > 0 ? uri.getPort() : port(uri.getScheme());
        if (uri.getHost() == null || port == 0) {
            return Optional.empty();
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), port), CONNECT_TIMEOUT_MILLIS);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(Finding.of(
                    FindingCode.PEER_UNREACHABLE,
                    host,
                    "Host %s: peer-uri %s is unreachable from this server: %s. Other hosts may still reach it."
                            .formatted(settings.name(), uri, e.getMessage()),
                    "If other hosts cannot reach it either, correct peer-uri or let libvirt listen there;"
                            + " until then no VM can be migrated to this host."));
        }
    }

    /** Source: libvirt's defaults; 0 for a transport without a port. */
    private static int port(String scheme) {
        return switch (scheme.replaceFirst(".*\\+", "")) {
            case "tcp" -> 16509;
            case "tls" -> 16514;
            case "ssh", "libssh", "libssh2" -> 22;
            default -> 0;
        };
    }
}

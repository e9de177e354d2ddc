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

/** What the doctor says of a libvirt host. */
record HostDiagnostics(LibvirtSettings settings, BooleanSupplier monitored) {
    private static final int PATIENCE_MILLIS = 3000;

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
                            "The IOMMU of " + host + " is off, so no VF can be given to a VM.",
                            "Turn on VT-d or AMD-Vi in the firmware and, on Intel, boot with intel_iommu=on.")
                    .as(Severity.WARNING));
        }
        if (facts.qemuVersion().isPresent() && !monitored.getAsBoolean()) {
            findings.add(
                    Finding.of(
                            FindingCode.MONITOR_SILENT,
                            host,
                            "The libvirt of " + host
                                    + " does not pass on events of QEMU's monitor, so a guest's cooperation"
                                    + " and the phases of migrations are seen late or not at all.",
                            "Connect as a user who may hear them, and not read-only; install libvirt's library for QEMU here."));
        }
        findings.addAll(vfio.ofHost());
        peer(host).ifPresent(findings::add);
        return findings;
    }

    private static Finding tooOld(
            FindingCode code, String host, String what, Optional<HostFacts.Version> has, String needed) {
        return Finding.of(
                code,
                host,
                "%s has %s %s, and a pair needs %s.".formatted(host, what, has.orElseThrow(), needed),
                "Update " + what + " on the host to " + needed + " or newer.");
    }

    /** Whether the address answers that other hosts are told; only those can say whether it answers to them too. */
    private Optional<Finding> peer(String host) {
        URI uri = URI.create(settings.peerUri());
        int port = uri.getPort() > 0 ? uri.getPort() : port(uri.getScheme());
        if (uri.getHost() == null || port == 0) {
            return Optional.empty();
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), port), PATIENCE_MILLIS);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(
                    Finding.of(
                            FindingCode.PEER_UNREACHABLE,
                            host,
                            "The peer-uri %s of %s does not answer this server: %s. The other hosts may reach it all the same."
                                    .formatted(uri, host, e.getMessage()),
                            "If they can't, correct peer-uri, or let libvirt listen there; no VM can be moved to this host before."));
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

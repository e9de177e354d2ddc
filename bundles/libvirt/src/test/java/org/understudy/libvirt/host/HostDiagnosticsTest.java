// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.libvirt.connect.LibvirtSettings;

final class HostDiagnosticsTest {
    private static List<FindingCode> codes(String peerUri, Version libvirt, Version qemu, boolean monitored) {
        LibvirtSettings settings =
                LibvirtSettings.of(TestHosts.policy(Map.of("uri", "qemu:///system", "peer-uri", peerUri)));
        HostFacts facts = new HostFacts(
                "libvirt",
                "",
                Optional.of(qemu),
                Optional.of(libvirt),
                Optional.of("kvm"),
                Set.of("q35"),
                Optional.of(false),
                Optional.empty(),
                List.of());
        VfioObstacles none = new VfioObstacles(
                new HostName("a"), List.of(), Optional.empty(), Optional.empty(), vf -> Optional.empty());
        return new HostDiagnostics(settings, () -> monitored)
                .of(facts, none).stream().map(Finding::code).toList();
    }

    @Test
    void reportsOldVersionsAnIommuThatIsOffAndMissingMonitorEvents() {
        assertThat(codes("qemu:///system", new Version(6, 0, 0), new Version(4, 1, 0), false))
                .containsExactly(
                        FindingCode.LIBVIRT_TOO_OLD,
                        FindingCode.QEMU_TOO_OLD,
                        FindingCode.IOMMU_OFF,
                        FindingCode.MONITOR_SILENT);
    }

    @Test
    void probesThePeerUri() throws IOException {
        Version now = new Version(11, 3, 0);
        int port;
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = listening.getLocalPort();
            assertThat(codes("qemu+tcp://127.0.0.1:" + port + "/system", now, now, true))
                    .containsExactly(FindingCode.IOMMU_OFF);
        }
        assertThat(codes("qemu+tcp://127.0.0.1:" + port + "/system", now, now, true))
                .containsExactly(FindingCode.IOMMU_OFF, FindingCode.PEER_UNREACHABLE);
    }

    @Test
    void acceptsARealLibrary() {
        try (Host host = TestHosts.open()) {
            assertThat(host.examine()).noneMatch(f -> f.code() == FindingCode.MONITOR_SILENT);
        }
    }
}

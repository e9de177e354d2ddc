// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.understudy.itests.Built;

/** The properties of two libvirt hosts that tests rely on, checked with virsh. */
class LibvirtHostsIT {
    private static final Duration BOOT = Duration.ofMinutes(2);

    private static LibvirtHosts hosts;
    private static Path guest;

    @BeforeAll
    static void start() {
        guest = Built.guest();
        hosts = LibvirtHosts.start(guest);
    }

    @AfterAll
    static void end() {
        if (hosts != null) {
            hosts.close();
        }
    }

    @Test
    void pairMigratesThereAndBack() throws IOException {
        Files.writeString(hosts.file("alpha", "pair.xml"), LibvirtPair.definition("pair", guest));
        hosts.output("alpha", "virsh", "create", "/run/pair.xml");
        await("the guest uses its primary")
                .atMost(BOOT)
                .until(() -> LibvirtPair.lastState(hosts, "alpha").contains("path=primary"));
        migrate("alpha", "beta", "10.77.0.2");
        migrate("beta", "alpha", "10.77.0.1");
        hosts.output("wire", "ping", "-qc", "3", "-i", "0.2", "10.88.0.50");
        hosts.output("alpha", "virsh", "destroy", "pair");
    }

    private static void migrate(String from, String to, String address) throws IOException {
        Files.deleteIfExists(hosts.file(to, "serial"));
        String uri = "qemu+tcp://" + address + "/system";
        hosts.output(from, "virsh", "migrate", "--live", "--p2p", "pair", uri, "tcp://" + address);
        assertThat(hosts.output(to, "virsh", "-q", "list", "--name")).isEqualTo("pair");
        assertThat(Files.readString(hosts.file(from, "serial")))
                .as("last state of the guest on the source")
                .contains("path=standby");
        await("the guest uses its primary again")
                .atMost(BOOT)
                .until(() -> LibvirtPair.lastState(hosts, to).matches(".*path=primary .*=primary,.*,e1000e,up,1.*"));
    }

    @Test
    void hostsAreReachedFromOutsideToo() {
        for (String host : new String[] {"alpha", "beta"}) {
            assertThat(hosts.uri(host)).endsWith("/run/libvirt/libvirt-sock");
            assertThat(hosts.file(host, "libvirt/libvirt-sock")).exists();
            assertThat(hosts.output(host, "virsh", "hostname")).isEqualTo(host);
        }
    }

    @Test
    void nothingIsLeftOfTheHosts() throws IOException {
        Path folder;
        long first;
        try (LibvirtHosts others = LibvirtHosts.start()) {
            folder = others.file("alpha", "").getParent().getParent();
            first = Long.parseLong(Files.readString(folder.resolve("wire.pid")).strip());
            assertThat(ProcessHandle.of(first)).isPresent();
            others.output("beta", "sh", "-c", "sleep 1000 >/dev/null 2>&1 &");
        }
        assertThat(folder).doesNotExist();
        assertThat(ProcessHandle.of(first)).isEmpty();
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain(folder.toString());
    }
}

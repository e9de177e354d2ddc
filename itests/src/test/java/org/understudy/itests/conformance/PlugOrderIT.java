// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.itests.conformance.Lab.ALPHA;
import static org.understudy.itests.conformance.Nics.MAC;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.qemu.qmp.QmpClient;

/**
 * NICs of a pair that another client plugs with its own monitor, in either order. Understudy relies on the definition, so it
 * must not report a pair that is not defined, and the guest must work in both orders.
 */
@Timeout(240)
class PlugOrderIT {
    private static final Duration SHORT = Duration.ofSeconds(20);
    private static Lab lab;
    private static Path monitor;
    private static int count;

    private final VmName vm = new VmName("plug" + ++count);

    @BeforeAll
    static void open() throws IOException {
        lab = new Lab("-qmp unix:$(dirname \"$0\")/open/second,server=on,wait=off", Duration.ofSeconds(5));
        monitor = lab.folder.resolve("open/second");
    }

    @AfterEach
    void clear() {
        lab.clear();
    }

    @AfterAll
    static void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void guestJoinsAPrimaryThatIsPluggedAfterTheStandby() throws IOException {
        boot(Nics.port(1) + Nics.standby(MAC, "ua-s", true));
        plugPrimary();
        lab.awaitGuest(vm, "the primary is up", s -> s.contains("=primary," + MAC + ",e1000e,up"));
        assertNoPairClaimed();
    }

    @Test
    void guestJoinsAStandbyThatIsPluggedAfterThePrimary() throws IOException {
        boot(Nics.port(1) + Nics.port(2) + Nics.primary(MAC, "ua-p", "ua-s", 1));
        assertThat(lab.pairs.lint(vm)).extracting(Finding::code).contains(FindingCode.ALIAS_UNKNOWN);
        plugStandby(2);
        lab.awaitGuest(vm, "both halves have one master", this::showsBothHalves);
        assertNoPairClaimed();
    }

    @Test
    void guestJoinsTwoHalvesThatAreBothPlugged() throws IOException {
        boot(Nics.port(1) + Nics.port(2));
        plugStandby(2);
        lab.awaitGuest(vm, "the standby is there", s -> s.contains("=standby," + MAC));
        plugPrimary();
        // The guest does not bring up a master that appears later, so neither NIC has a link.
        lab.awaitGuest(vm, "both halves have one master", this::showsBothHalves);
        assertNoPairClaimed();
    }

    private void boot(String devices) throws IOException {
        Host alpha = lab.hosts.host(ALPHA);
        alpha.define(lab.domain(vm, "q35", "", devices));
        alpha.start(vm, Map.of());
        lab.awaitReady(vm);
    }

    private boolean showsBothHalves(String state) {
        return state.contains("=standby," + MAC) && state.contains("=primary," + MAC + ",e1000e");
    }

    private void assertNoPairClaimed() {
        assertThat(lab.vms.show(vm).pairs()).isEmpty();
        lab.assertOnlyOn(ALPHA, vm, VmState.RUNNING);
    }

    private void plugPrimary() {
        plug("p", Map.of("driver", "e1000e", "romfile", "", "failover_pair_id", "ua-s", "id", "ua-p"), 1);
    }

    private void plugStandby(int port) {
        plug("s", Map.of("driver", "virtio-net-pci", "failover", true, "id", "ua-s"), port);
    }

    /** Plugs a device on the port with this index, and its own user network. */
    private void plug(String netdev, Map<String, Object> device, int port) {
        try (QmpClient qmp = QmpClient.connect(monitor, SHORT, Runnable::run, event -> {}, reason -> {})) {
            qmp.execute("netdev_add", Map.of("type", "user", "id", netdev), SHORT);
            Map<String, Object> all = new HashMap<>(device);
            all.putAll(Map.of("netdev", netdev, "mac", MAC, "bus", "ua-port" + port));
            qmp.execute("device_add", all, SHORT);
        }
    }
}

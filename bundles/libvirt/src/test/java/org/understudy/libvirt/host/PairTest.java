// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNetwork;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.libvirt.connect.Libvirtd;

/** A Linux guest with a failover pair under a real libvirtd. */
final class PairTest {
    private static final Duration BOOT = Duration.ofSeconds(120);
    private static final VmName WEB = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final Alias PRIMARY = new Alias("ua-primary0");

    private static Libvirtd daemon;

    private Host host;
    private final List<HostEvent> events = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        TestHosts.guest();
        daemon = Libvirtd.start(directory);
    }

    @AfterAll
    static void end() {
        if (daemon != null) {
            daemon.close();
        }
    }

    @BeforeEach
    void open(@TempDir Path directory) {
        host = TestHosts.open(TestHosts.policy(Map.of("uri", daemon.uri("qemu", "/system"))));
        host.subscribe(events::add);
        host.define(TestHosts.pair("web1", TestHosts.guest(), directory.resolve("serial"), ""));
    }

    @AfterEach
    void close() {
        if (host != null) {
            if (host.liveDefinition(WEB).isPresent()) {
                host.destroy(WEB);
            }
            host.undefine(WEB);
            host.close();
        }
    }

    @Test
    void queriesQemuAndTheAgentOfAGuestWithAPair(@TempDir Path directory) throws IOException {
        host.define(withAgent(directory));
        host.start(WEB, Map.of());
        assertThat(host.guestNics(WEB)).as("the agent does not run yet").isEmpty();
        assertThat(host.primaryPresence(WEB, PRIMARY)).isEqualTo(PrimaryPresence.ABSENT);
        assertThat(host.standbyNegotiated(WEB, STANDBY)).contains(false);

        await().atMost(BOOT).until(() -> host.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
        assertThat(host.standbyNegotiated(WEB, STANDBY)).contains(true);
        assertThat(events)
                .filteredOn(HostEvent.StandbyNegotiated.class::isInstance)
                .extracting(e -> ((HostEvent.StandbyNegotiated) e).standby())
                .contains(STANDBY);
        assertThat(host.primaryPresence(WEB, new Alias("ua-absent"))).isEqualTo(PrimaryPresence.ABSENT);

        MacAddress mac = new MacAddress("52:54:00:11:22:33");
        await().atMost(BOOT)
                .untilAsserted(() -> assertThat(host.guestNics(WEB).orElse(List.of()))
                        .filteredOn(nic -> nic.mac().equals(Optional.of(mac)))
                        .as("the failover device and the two below it")
                        .hasSize(3));
        GuestNetwork network = host.guestNetwork(WEB).orElseThrow();
        assertThat(network.examined()).as("the agent may run programs").isTrue();
        assertThat(network.devices())
                .filteredOn(device -> device.mac().equals(Optional.of(mac)))
                .satisfiesExactlyInAnyOrder(
                        device -> assertThat(device.master())
                                .as("the failover device")
                                .isEmpty(),
                        device -> assertThat(device.driver()).contains("virtio_net"),
                        device -> assertThat(device.driver()).isPresent())
                .allSatisfy(device -> assertThat(device.mtu()).hasValue(1500));
        assertThat(network.driverless()).isEmpty();
    }

    private String withAgent(Path directory) throws IOException {
        Path guest = TestHosts.guest();
        Path initrd = directory.resolve("initrd.img");
        Files.copy(guest.resolve("initrd.img"), initrd);
        Files.write(initrd, Files.readAllBytes(guest.resolve("agent.img")), StandardOpenOption.APPEND);
        return host.definition(WEB)
                .replace(guest.resolve("initrd.img").toString(), initrd.toString())
                .replace(
                        "<memballoon",
                        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel><memballoon");
    }

    @Test
    void refusesToPlugADeviceThatTheDefinitionLacks() {
        assertThatThrownBy(() -> host.plugPrimary(WEB, new Alias("ua-absent"), Optional.empty()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NIC_NOT_FOUND));
    }

    @Test
    void readsTheCapabilitiesOfQemu() {
        HostFacts facts = host.facts();

        assertThat(facts.qemuVersion())
                .hasValueSatisfying(v -> assertThat(v.atLeast(4, 2)).isTrue());
        assertThat(facts.machineTypes()).contains("q35", "pc");
        assertThat(facts.accelerator()).hasValueSatisfying(a -> assertThat(a).isIn("kvm", "tcg"));
        assertThat(facts.iommu()).isPresent();
        boolean vfio = Files.exists(Path.of("/dev/vfio/vfio")) && facts.iommu().orElse(false);
        assertThat(host.examine().stream().anyMatch(f -> f.code() == FindingCode.VFIO_UNAVAILABLE))
                .isEqualTo(!vfio);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.concurrent.Backoff;
import org.understudy.libvirt.connect.LibvirtTiming;
import org.understudy.libvirt.connect.Libvirtd;

/** Runs against a real libvirtd that is killed. */
final class ReconnectTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final LibvirtTiming SHORT = new LibvirtTiming(
            new Backoff(Duration.ofMillis(10), Duration.ofMillis(100)),
            Duration.ofMillis(100),
            Duration.ofSeconds(4),
            Duration.ofSeconds(10),
            Duration.ofSeconds(1));

    private static final LibvirtConnector CONNECTOR = new LibvirtConnector(SHORT);

    private static Libvirtd daemon;

    private Host host;
    private final List<HostEvent> events = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        daemon = Libvirtd.startWithTcp(directory);
    }

    @AfterAll
    static void end() {
        if (daemon != null) {
            daemon.close();
        }
    }

    @BeforeEach
    void open() {
        host = connect(daemon.uri("qemu", "/system"));
    }

    private Host connect(String uri) {
        Host opened = CONNECTOR.open(TestHosts.policy(Map.of("uri", uri)));
        opened.subscribe(events::add);
        return opened;
    }

    @AfterEach
    void close() {
        for (HostedVm vm : host.vms()) {
            if (vm.state() != VmState.SHUTOFF) {
                host.destroy(vm.name());
            }
            host.undefine(vm.name());
        }
        host.close();
    }

    @Test
    void reconnectsOverTcpAndDeliversEvents() throws IOException {
        host.close();
        host = connect(daemon.tcpUri("qemu", "/system"));
        assertThat(host.facts().summary()).contains("qemu+tcp://127.0.0.1:");

        reportsTheOutageThenReconnectsAndDeliversEvents();
    }

    /** libvirt itself would wait without limit. */
    @Test
    void doesNotBlockOnAQemuThatHangs() throws Exception {
        VmName vm = new VmName("idle");
        Alias absent = new Alias("ua-absent");
        host.define(TestHosts.qemu("idle"));
        host.start(vm, Map.of());
        assertThat(host.primaryPresence(vm, absent)).isEqualTo(PrimaryPresence.ABSENT);

        daemon.signalVms("STOP");
        assertThat(host.primaryPresence(vm, absent)).isEqualTo(PrimaryPresence.UNKNOWN);
        long start = System.nanoTime();
        assertThat(host.primaryPresence(vm, absent)).isEqualTo(PrimaryPresence.UNKNOWN);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("no second query is sent")
                .isLessThan(SHORT.monitorTimeout());

        daemon.signalVms("CONT");
        await().atMost(LIMIT).until(() -> host.primaryPresence(vm, absent) == PrimaryPresence.ABSENT);
    }

    @Test
    void reportsTheOutageThenReconnectsAndDeliversEvents() throws IOException {
        daemon.kill();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThatThrownBy(host::vms)
                        .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                            assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
                            assertThat(e).hasMessageContaining("Host a").hasMessageContaining("is unreachable");
                        }));

        daemon.begin();
        await().atMost(LIMIT)
                .ignoreException(UnderstudyException.class)
                .until(() -> host.vms().isEmpty());
        host.define(TestHosts.qemu("web1"));

        await().atMost(LIMIT).until(() -> events.stream().anyMatch(HostEvent.DefinitionChanged.class::isInstance));
        assertThat(events).extracting(HostEvent::vm).containsOnly(new VmName("web1"));
    }

    @Test
    void publishesChangesOfTheOutage() throws IOException {
        VmName web = new VmName("web1");
        host.define(TestHosts.qemu("web1"));
        host.start(web, Map.of());
        await().atMost(LIMIT).until(() -> events.stream().anyMatch(HostEvent.Started.class::isInstance));

        daemon.kill();
        daemon.killVms();
        daemon.begin();

        await().atMost(LIMIT).until(() -> events.stream().anyMatch(HostEvent.Stopped.class::isInstance));
        assertThat(host.find(web))
                .hasValueSatisfying(vm -> assertThat(vm.state()).isEqualTo(VmState.SHUTOFF));
    }
}

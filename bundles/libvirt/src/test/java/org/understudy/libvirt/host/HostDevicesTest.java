// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.libvirt.Connect;
import org.libvirt.Device;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.libvirt.connect.LibvirtConnection.Pace;
import org.understudy.libvirt.connect.Libvirtd;
import org.understudy.libvirt.connect.NativeMemory;

/** Against libvirt's test driver, whose devices come and go, and against a real libvirtd; VFs are tried in the lab. */
final class HostDevicesTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Pace QUICK = new Pace(
            Duration.ofMillis(10),
            Duration.ofMillis(100),
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            3,
            Duration.ofSeconds(15));

    private static final int ROUNDS = 9;
    private static final int READINGS = 100;
    /** A list is a pointer at least, and what it points to some 100 bytes. */
    private static final long LEAK = 100L * READINGS;

    private final AtomicInteger told = new AtomicInteger();

    @Test
    void hearsThatADeviceComesAndGoesUntilItDoesNotListenAnyMore() throws LibvirtException {
        try (LibvirtHost host = (LibvirtHost) TestHosts.open()) {
            Connect witness = new Connect("test:///default");
            Subscription listening = host.listenForDevices(told::incrementAndGet);

            Device adapter = adapter(witness);
            await().atMost(SOON).until(() -> told.get() == 1);
            adapter.destroy();
            await().atMost(SOON).until(() -> told.get() == 2);

            listening.close();
            adapter(witness).destroy();
            assertThat(told).hasValue(2);
            witness.close();
        }
    }

    /** The test driver makes only virtual adapters for storage. */
    private static Device adapter(Connect witness) throws LibvirtException {
        return witness.deviceCreateXML("""
                <device>
                  <name>scsi_host77</name>
                  <parent>scsi_host1</parent>
                  <capability type='scsi_host'>
                    <capability type='fc_host'><wwnn>2000000012341234</wwnn><wwpn>1000000012341234</wwpn></capability>
                  </capability>
                </device>
                """);
    }

    @Test
    void isToldWhenTheHostIsLostAndWhenItIsBackAndWhenItIsClosed(@TempDir Path directory) throws IOException {
        try (Libvirtd daemon = Libvirtd.startWithTcp(directory)) {
            LibvirtHost host = (LibvirtHost)
                    new LibvirtConnector(QUICK).open(TestHosts.policy(Map.of("uri", daemon.tcpUri("qemu", "/system"))));
            assertLoopback(host);
            host.listenForDevices(told::incrementAndGet);

            daemon.kill();
            await().atMost(SOON).until(() -> told.get() > 0);
            assertUnavailable(host);

            told.set(0);
            daemon.begin();
            await().atMost(SOON).until(() -> told.get() > 0);
            assertLoopback(host);

            told.set(0);
            host.close();
            assertThat(told).hasPositiveValue();
            assertUnavailable(host);
        }
    }

    @Test
    void keepsNothingOfWhatLibvirtHandsOut(@TempDir Path directory) throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                LibvirtHost host = (LibvirtHost) TestHosts.open(daemon.uri("qemu", "/system"))) {
            long[] growths = IntStream.range(0, ROUNDS)
                    .mapToLong(round -> growth(host))
                    .sorted()
                    .toArray();
            assertThat(growths[ROUNDS / 2])
                    .as("of %s", Arrays.toString(growths))
                    .isLessThan(LEAK);
        }
    }

    /** The machine that runs Java asks for memory and frees some too, but not in most rounds. */
    private static long growth(LibvirtHost host) {
        long memory = NativeMemory.inUse();
        for (int i = 0; i < READINGS; i++) {
            host.devices();
        }
        return NativeMemory.inUse() - memory;
    }

    /** Every Linux has this network device. */
    private static void assertLoopback(LibvirtHost host) {
        assertThat(host.devices())
                .allSatisfy(xml -> assertThat(xml).startsWith("<device>").endsWith("</device>\n"))
                .anySatisfy(xml -> assertThat(xml).contains("<interface>lo</interface>"));
    }

    private static void assertUnavailable(LibvirtHost host) {
        assertThatThrownBy(host::devices)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE));
    }
}

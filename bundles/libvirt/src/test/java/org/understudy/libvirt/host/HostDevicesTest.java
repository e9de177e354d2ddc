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
import org.understudy.concurrent.Backoff;
import org.understudy.libvirt.connect.LibvirtTiming;
import org.understudy.libvirt.connect.Libvirtd;
import org.understudy.libvirt.connect.NativeMemory;

/** Runs against libvirt's test driver and a real libvirtd; VFs are tested in the lab. */
final class HostDevicesTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final LibvirtTiming SHORT = new LibvirtTiming(
            new Backoff(Duration.ofMillis(10), Duration.ofMillis(100)),
            Duration.ofMillis(100),
            Duration.ofSeconds(4),
            Duration.ofSeconds(10),
            Duration.ofSeconds(15));

    private static final int ROUNDS = 9;
    private static final int READINGS = 100;
    /** A leaked list is a pointer at least, with about 100 bytes behind it. */
    private static final long LEAK = 100L * READINGS;

    private final AtomicInteger notifications = new AtomicInteger();

    @Test
    void notifiesAListenerOfDeviceChangesUntilItsSubscriptionIsClosed() throws LibvirtException {
        try (LibvirtHost host = (LibvirtHost) TestHosts.open()) {
            Connect other = new Connect("test:///default");
            Subscription listening = host.listenForDevices(notifications::incrementAndGet);

            Device adapter = adapter(other);
            await().atMost(LIMIT).until(() -> notifications.get() == 1);
            adapter.destroy();
            await().atMost(LIMIT).until(() -> notifications.get() == 2);

            listening.close();
            adapter(other).destroy();
            assertThat(notifications).hasValue(2);
            other.close();
        }
    }

    /** The test driver can only create virtual storage adapters. */
    private static Device adapter(Connect other) throws LibvirtException {
        return other.deviceCreateXML("""
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
    void notifiesAListenerWhenTheConnectionIsLostRestoredOrClosed(@TempDir Path directory) throws IOException {
        try (Libvirtd daemon = Libvirtd.startWithTcp(directory)) {
            LibvirtHost host = (LibvirtHost)
                    new LibvirtConnector(SHORT).open(TestHosts.policy(Map.of("uri", daemon.tcpUri("qemu", "/system"))));
            assertLoopback(host);
            host.listenForDevices(notifications::incrementAndGet);

            daemon.kill();
            await().atMost(LIMIT).until(() -> notifications.get() > 0);
            assertUnavailable(host);

            notifications.set(0);
            daemon.begin();
            await().atMost(LIMIT).until(() -> notifications.get() > 0);
            assertLoopback(host);

            notifications.set(0);
            host.close();
            assertThat(notifications).hasPositiveValue();
            assertUnavailable(host);
        }
    }

    @Test
    void freesTheDevicesThatLibvirtReturns(@TempDir Path directory) throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                LibvirtHost host = (LibvirtHost) TestHosts.open(daemon.uri("qemu", "/system"))) {
            long[] growths = IntStream.range(0, ROUNDS)
                    .mapToLong(round -> growth(host))
                    .sorted()
                    .toArray();
            // A leak adds to every round; the JVM allocates and frees memory too, but not in all rounds.
            assertThat(growths[ROUNDS / 4])
                    .as("of %s", Arrays.toString(growths))
                    .isLessThan(LEAK);
        }
    }

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

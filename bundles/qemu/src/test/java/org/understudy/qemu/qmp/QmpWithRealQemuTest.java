// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.concurrent.SystemScheduler;

@Timeout(60)
class QmpWithRealQemuTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private final List<QmpEvent> events = new CopyOnWriteArrayList<>();
    private final List<UnderstudyException> closed = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = SystemScheduler.process().pool("qmp-test");

    @AfterEach
    void endThreads() {
        threads.shutdown();
    }

    static Stream<Path> binaries() {
        return RealQemu.binaries();
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void supportsEverythingInUse(Path binary) throws Exception {
        try (RealQemu qemu = bare(binary);
                QmpClient client = connect(qemu)) {
            SchemaCheck check = SchemaCheck.of(client.execute(QmpCommands.queryQmpSchema(), LIMIT));

            assertThat(check.missing()).isEmpty();
            assertThat(check.supports(QmpCommands.xQueryVirtio()))
                    .isEqualTo(client.version().atLeast(7, 2));
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void answersTypedQueries(Path binary) throws Exception {
        try (RealQemu qemu = machine(binary);
                QmpClient client = connect(qemu)) {
            assertThat(client.execute(QmpCommands.queryVersion(), LIMIT)).isEqualTo(client.version());
            assertThat(client.execute(QmpCommands.queryStatus(), LIMIT)).isEqualTo(new RunStatus(false, "prelaunch"));
            assertThat(client.execute(QmpCommands.queryKvm(), LIMIT)).isFalse();
            assertThat(client.execute(QmpCommands.queryMachines(), LIMIT))
                    .anySatisfy(m -> assertThat(m.alias()).isEqualTo("q35"));
            assertThat(client.execute(QmpCommands.queryPci(), LIMIT))
                    .extracting(PciDevice::id)
                    .contains("root1", "ua-standby0");
            assertThat(client.execute(QmpCommands.queryBlock(), LIMIT)).isEmpty();
            assertThat(client.execute(QmpCommands.queryCommandLineOptions(), LIMIT))
                    .contains("device", "netdev");
            assertThat(client.execute(QmpCommands.qomList("/machine/peripheral"), LIMIT))
                    .contains("ua-standby0");
            assertThat(client.execute(QmpCommands.qomGet("/machine/peripheral/ua-standby0", "failover"), LIMIT)
                            .asBoolean())
                    .isTrue();
            assertThat(client.execute(QmpCommands.deviceListProperties("e1000e"), LIMIT))
                    .contains("failover_pair_id");
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void acceptsEveryMigrationSetting(Path binary) throws Exception {
        try (RealQemu qemu = machine(binary);
                QmpClient client = connect(qemu)) {
            Map<MigrationCapability, Boolean> all = new EnumMap<>(MigrationCapability.class);
            for (MigrationCapability capability : MigrationCapability.values()) {
                all.put(capability, capability != MigrationCapability.POSTCOPY_RAM);
            }
            client.execute(QmpCommands.migrateSetCapabilities(all), LIMIT);
            client.execute(
                    QmpCommands.migrateSetParameters(new MigrationParameters(
                            OptionalLong.of(100_000_000),
                            Optional.of(Duration.ofMillis(300)),
                            OptionalInt.of(4),
                            Optional.of(""),
                            Optional.of(""))),
                    LIMIT);

            assertThat(client.execute(QmpCommands.queryMigrateCapabilities(), LIMIT))
                    .containsEntry("pause-before-switchover", true)
                    .containsEntry("postcopy-ram", false);
            assertThat(client.execute(QmpCommands.queryMigrate(), LIMIT).phase())
                    .isEqualTo(MigrationPhase.NONE);
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void knowsTheDefaultLimitsOfAMigration(Path binary) throws Exception {
        try (RealQemu qemu = machine(binary);
                QmpClient client = connect(qemu)) {
            assumeTrue(client.version().atLeast(5, 2), "QEMU before 5.2 has other defaults");
            JsonNode limits = client.execute("query-migrate-parameters", Map.of(), LIMIT);

            assertThat(limits.path("max-bandwidth").asLong()).isEqualTo(MigrationParameters.DEFAULT_BANDWIDTH);
            assertThat(limits.path("downtime-limit").asLong())
                    .isEqualTo(MigrationParameters.DEFAULT_DOWNTIME.toMillis());
        }
    }

    @ParameterizedTest
    @MethodSource("binaries")
    void plugsAndUnplugsObjectsNetdevsAndDevices(Path binary) throws Exception {
        try (RealQemu qemu = machine(binary);
                QmpClient client = connect(qemu)) {
            client.execute(
                    QmpCommands.objectAdd(client.version(), "rng-random", "rng", Map.of("filename", "/dev/urandom")),
                    LIMIT);
            client.execute(QmpCommands.objectDel("rng"), LIMIT);
            client.execute(QmpCommands.netdevAdd("user", "net9", Map.of("restrict", true)), LIMIT);
            client.execute(
                    QmpCommands.deviceAdd("e1000e", "nic9", Map.of("netdev", "net9", "bus", "root1", "romfile", "")),
                    LIMIT);
            assertThat(client.execute(QmpCommands.qomList("/machine/peripheral"), LIMIT))
                    .contains("nic9");
            client.execute(QmpCommands.deviceDel("nic9"), LIMIT);
            client.execute(QmpCommands.announceSelf(50, 550, 5, 100), LIMIT);
        }
    }

    @Test
    void reportsWhetherStandbyIsNegotiated() throws Exception {
        try (RealQemu qemu = machine(RealQemu.system());
                QmpClient client = connect(qemu)) {
            assertThat(client.execute(QmpCommands.xQueryVirtio(), LIMIT))
                    .contains("/machine/peripheral/ua-standby0/virtio-backend");

            VirtioStatus status = client.execute(
                    QmpCommands.xQueryVirtioStatus("/machine/peripheral/ua-standby0/virtio-backend"), LIMIT);

            assertThat(status.hostFeatures()).contains(VirtioStatus.STANDBY);
            assertThat(status.standbyNegotiated()).isFalse();
        }
    }

    @Test
    void reportsErrorClassOfRefusal() throws Exception {
        try (RealQemu qemu = bare(RealQemu.system());
                QmpClient client = connect(qemu)) {
            assertThatThrownBy(() -> client.execute(QmpCommands.deviceDel("nobody"), LIMIT))
                    .isInstanceOfSatisfying(
                            QmpRefusal.class, r -> assertThat(r.errorClass()).isEqualTo(QmpRefusal.DEVICE_NOT_FOUND));
            assertThatThrownBy(() -> client.execute("no-such-command", Map.of(), LIMIT))
                    .isInstanceOfSatisfying(
                            QmpRefusal.class, r -> assertThat(r.errorClass()).isEqualTo(QmpRefusal.COMMAND_NOT_FOUND));
        }
    }

    @Test
    void serves100CommandsAtOnce() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(100);
        try (RealQemu qemu = bare(RealQemu.system());
                QmpClient client = connect(qemu)) {
            List<Future<JsonNode>> replies = IntStream.range(0, 100)
                    .mapToObj(i -> pool.submit(() -> client.execute("query-command-line-options", Map.of(), LIMIT)))
                    .toList();
            for (Future<JsonNode> reply : replies) {
                assertThat(reply.get()).isNotEmpty();
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void deliversEventStormCompletelyAndInOrder() throws Exception {
        try (RealQemu qemu = bare(RealQemu.system());
                QmpClient client = connect(qemu)) {
            for (int i = 0; i < 1000; i++) {
                client.execute(QmpCommands.cont(), LIMIT);
                client.execute(QmpCommands.stop(), LIMIT);
            }
            await().until(() -> events.size() >= 2000);
            for (int i = 0; i < 2000; i++) {
                assertThat(events.get(i).name()).isEqualTo(i % 2 == 0 ? QmpEvents.RESUME : QmpEvents.STOP);
            }
        }
    }

    @Test
    void reportsEndOfQemuThatQuits() throws Exception {
        try (RealQemu qemu = bare(RealQemu.system());
                QmpClient client = connect(qemu)) {
            client.execute(QmpCommands.quit(), LIMIT);

            await().until(() -> closed.size() == 1);
            assertThat(closed.get(0).code()).isEqualTo(ErrorCode.QMP_DISCONNECTED);
            assertThat(events).extracting(QmpEvent::name).contains(QmpEvents.SHUTDOWN);
        }
    }

    @Test
    void reportsEndOfQemuThatIsKilled() throws Exception {
        try (RealQemu qemu = bare(RealQemu.system());
                QmpClient client = connect(qemu)) {
            qemu.signal("KILL");

            await().until(() -> closed.size() == 1);
            assertFails(ErrorCode.QMP_DISCONNECTED, client);
        }
    }

    @Test
    void meetsDeadlineIfQemuIsStopped() throws Exception {
        try (RealQemu qemu = bare(RealQemu.system());
                QmpClient client = connect(qemu)) {
            qemu.signal("STOP");
            assertThatThrownBy(() -> client.execute(QmpCommands.queryStatus(), Duration.ofMillis(200)))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED));
            qemu.signal("CONT");
            assertThat(client.execute(QmpCommands.queryStatus(), LIMIT).status())
                    .isEqualTo("prelaunch");
        }
    }

    @Test
    void failsIfAnotherClientHoldsTheMonitor() throws Exception {
        try (RealQemu qemu = bare(RealQemu.system());
                QmpClient first = connect(qemu)) {
            assertThatThrownBy(() ->
                            QmpClient.connect(qemu.socket(), Duration.ofMillis(300), threads, events::add, closed::add))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED))
                    .hasMessageContaining("greeting");
            assertThat(first.isOpen()).isTrue();
        }
    }

    /** A visible skip if the tests above ran with one QEMU only. */
    @Test
    void runsWithOtherQemuVersions() {
        assumeTrue(
                RealQemu.binaries().count() > 1,
                "only the system's QEMU was tested; name others in UNDERSTUDY_TEST_QEMUS, separated by colons");
        assertThat(RealQemu.binaries()).allSatisfy(binary -> assertThat(binary).isExecutable());
    }

    private static void assertFails(ErrorCode code, QmpClient client) {
        assertThatThrownBy(() -> client.execute(QmpCommands.queryStatus(), LIMIT))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private RealQemu bare(Path binary) throws IOException {
        return new RealQemu(binary, folder, "-machine", "none", "-S");
    }

    /** A q35 machine with a free root port and the standby NIC of a pair. */
    private RealQemu machine(Path binary) throws IOException {
        return new RealQemu(
                binary,
                folder,
                "-machine",
                "q35",
                "-S",
                "-device",
                "pcie-root-port,id=root1,chassis=1,slot=1",
                "-netdev",
                "user,id=net0,restrict=on",
                "-device",
                "virtio-net-pci,id=ua-standby0,netdev=net0,failover=on,mac=52:54:00:11:22:33,romfile=");
    }

    private QmpClient connect(RealQemu qemu) {
        return QmpClient.connect(qemu.socket(), LIMIT, threads, events::add, closed::add);
    }
}

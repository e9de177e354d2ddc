// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.qemu.qmp.QmpClient;

/** A guest that writes 512 KiB again and again, faster than QEMU may send. */
class BusyGuestTest {
    private static final VmName VM = new VmName("vm1");
    private static final long WRITTEN = 512 * 1024;
    private static final long SLOW = 400_000;

    /**
     * A boot sector: writes B to the first serial port, then increments a word in each page from 64 KiB to 576 KiB, for ever.
     */
    private static final byte[] BOOT_SECTOR = bootSector(
            "baf803b042ee" // out 0x3f8, 'B'
                    + "bb0010" // bx = 0x1000
                    + "8ec3" // es = bx
                    + "26ff060000" // inc word [es:0]
                    + "81c30001" // bx += 0x100
                    + "81fb0090" // until bx == 0x9000
                    + "72ef"
                    + "ebea");

    /** QEMU before 9.0 under TCG forgets writes during the copy, if the size is a multiple of 256 KiB. */
    private static final String MEMORY = "<memory unit='KiB'>65544<";

    private Lab lab;
    private Host a;
    private Host b;
    private List<HostEvent> events;

    private static byte[] bootSector(String code) {
        byte[] sector = Arrays.copyOf(HexFormat.of().parseHex(code), 512);
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        return sector;
    }

    @BeforeEach
    void startGuest() throws IOException {
        lab = new Lab();
        Path disk = Files.write(lab.root().resolve("disk"), Arrays.copyOf(BOOT_SECTOR, 1 << 20));
        Path serial = Files.createFile(lab.root().resolve("serial"));
        for (Path file : List.of(disk, serial)) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        }
        a = lab.host("a");
        b = lab.host("b");
        a.define(EmptyVms.empty("vm1", """
                <disk type='file' device='disk'>
                  <driver name='qemu' type='raw' cache='none'/><source file='%s'/><target dev='sda' bus='sata'/>
                </disk>
                <serial type='file'><source path='%s' append='on'/><target port='0'/></serial>
                """.formatted(disk, serial)).replace("<memory unit='MiB'>64<", MEMORY));
        events = Lab.record(a);
        a.start(VM, Map.of());
        Lab.await("the boot sector")
                .until(() ->
                        Files.readString(serial, StandardCharsets.ISO_8859_1).contains("B"));
    }

    @AfterEach
    void endAll() {
        lab.close();
    }

    @Test
    void leavesAsMuchMemoryAfterEachPassAsBefore() {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = send(in, options(OptionalLong.of(SLOW), Optional.empty(), false));
        Map<Integer, Long> left = new TreeMap<>();

        Lab.await("five passes").until(() -> {
            int pass = pass();
            MigrationProgress progress = out.progress();
            left.merge(pass, progress.remainingBytes(), Math::max);
            return pass > 5;
        });

        assertThat(List.of(left.get(3), left.get(4), left.get(5)))
                .allSatisfy(bytes -> assertThat(bytes).isBetween(WRITTEN * 3 / 4, WRITTEN * 2));
        out.cancel();
        Lab.await("the cancel").until(() -> out.progress().phase() == MigrationPhase.CANCELLED);
        in.abort();
    }

    private int pass() {
        return events.stream()
                .filter(HostEvent.MemoryPass.class::isInstance)
                .mapToInt(e -> ((HostEvent.MemoryPass) e).pass())
                .max()
                .orElse(0);
    }

    @Test
    void noOptionOfOneMigrationIsInForceInTheNext() {
        IncomingMigration first = b.prepareIncoming(request());
        OutgoingMigration cancelled =
                send(first, options(OptionalLong.of(SLOW), Optional.of(Duration.ofMillis(7)), true));
        Lab.await("the copy").until(() -> cancelled.progress().phase() == MigrationPhase.ACTIVE);
        cancelled.cancel();
        Lab.await("the cancel").until(() -> cancelled.progress().phase() == MigrationPhase.CANCELLED);
        first.abort();
        cancelled.resumeOnSource();

        OutgoingMigration second = send(b.prepareIncoming(request()), MigrationOptions.defaults());
        Lab.await("pre-switchover").until(() -> second.progress().phase() == MigrationPhase.PRE_SWITCHOVER);
        lab.close(a);

        Path monitor = lab.root().resolve("a/vm1/q/qmp.sock");
        try (QmpClient qemu =
                QmpClient.connect(monitor, Duration.ofSeconds(10), Runnable::run, event -> {}, closed -> {})) {
            JsonNode parameters = qemu.execute("query-migrate-parameters", Map.of(), Duration.ofSeconds(10));
            assertThat(parameters.path("max-bandwidth").asLong()).isEqualTo(128L << 20);
            assertThat(parameters.path("downtime-limit").asLong()).isEqualTo(300);
            JsonNode capabilities = qemu.execute("query-migrate-capabilities", Map.of(), Duration.ofSeconds(10));
            assertThat(capabilities)
                    .filteredOn(c -> c.path("capability").asText().equals("auto-converge"))
                    .singleElement()
                    .satisfies(c -> assertThat(c.path("state").asBoolean()).isFalse());
        }
        a = lab.host("a");
    }

    private static MigrationOptions options(OptionalLong bandwidth, Optional<Duration> downtime, boolean autoConverge) {
        return new MigrationOptions(
                bandwidth,
                downtime,
                autoConverge,
                OptionalInt.empty(),
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private IncomingRequest request() {
        return new IncomingRequest(
                new MigrationId("m-1"),
                VM,
                a.liveDefinition(VM).orElseThrow(),
                a.definition(VM),
                MigrationOptions.defaults(),
                Map.of());
    }

    private OutgoingMigration send(IncomingMigration in, MigrationOptions options) {
        return a.startOutgoing(new OutgoingRequest(new MigrationId("m-1"), VM, in.uri(), options, "", ""));
    }
}

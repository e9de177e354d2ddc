// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;
import org.understudy.itests.karaf.RemoteShell.Said;

/** A guest that writes memory faster than QEMU may send it. */
@ExtendWith(SharedKaraf.class)
@Timeout(300)
class BusyGuestIT {
    private static final String CONFIGURATION = """
            hosts:
              - {name: alpha, connector: qemu, directory: %1$s/alpha, accelerator: tcg, user: %2$s}
              - {name: beta, connector: qemu, directory: %1$s/beta, accelerator: tcg, user: %2$s}
            """;

    /** QEMU before 9.0 under TCG forgets writes during the copy, if the size of the memory is a multiple of 256 KiB. */
    private static final String DEFINITION = """
            <domain type='qemu'>
              <name>busy</name>
              <memory unit='KiB'>65544</memory>
              <os><type arch='x86_64' machine='q35'>hvm</type></os>
              <devices>
                <disk type='file' device='disk'>
                  <driver name='qemu' type='raw' cache='none'/><source file='%1$s/busy.disk'/><target dev='sda' bus='sata'/>
                </disk>
                <serial type='file'><source path='%1$s/busy.serial' append='on'/><target port='0'/></serial>
                <memballoon model='none'/>
              </devices>
            </domain>
            """;

    /** A boot sector: writes B to the serial port, then a word in each page from 64 KiB to 576 KiB, for ever. */
    private static final String BOOT_SECTOR = "baf803b042ee bb0010 8ec3 26ff060000 81c30001 81fb0090 72ef ebea";

    private static KarafServer server;
    private static Rest rest;

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        server = shared;
        rest = server.startWith(CONFIGURATION.formatted(server.home, Built.qemuUser()), 2);
        byte[] disk = Arrays.copyOf(HexFormat.of().parseHex(BOOT_SECTOR.replace(" ", "")), 1 << 20);
        disk[510] = 0x55;
        disk[511] = (byte) 0xaa;
        Files.write(server.home.resolve("busy.disk"), disk);
        Files.createFile(server.home.resolve("busy.serial"));
        for (String file : List.of("busy.disk", "busy.serial")) {
            Files.setPosixFilePermissions(server.home.resolve(file), PosixFilePermissions.fromString("rw-rw-rw-"));
        }
        LabServer.requireOk(rest.change("POST", "/api/v1/vms?host=alpha", DEFINITION.formatted(server.home)));
        LabServer.requireOk(rest.change("POST", "/api/v1/vms/busy/start", ""));
    }

    @Test
    void reportsACopyThatDoesNotConvergeWithFiguresAndARemedy() throws Exception {
        Path serial = server.home.resolve("busy.serial");
        server.awaitUntil(
                "the boot sector",
                () -> Files.readString(serial, StandardCharsets.ISO_8859_1).contains("B"));
        String migration = new TestGuest(rest, "busy").begin("beta", ",\"bandwidth\":400000");

        server.awaitUntil(
                "the finding",
                () -> rest.json(migration),
                m -> m.findValuesAsText("code").contains("copy-not-converging"));
        JsonNode found = finding(rest.json(migration));
        assertThat(found.get("severity").asText()).isEqualTo("warning");
        assertThat(found.get("message").asText())
                .matches(
                        "Copy of VM busy does not converge: 0\\.\\d MiB are left; QEMU sends 0\\.\\d MiB/s and the guest"
                                + " writes 0\\.\\d MiB/s; forecast: .*");
        assertThat(found.get("remedy").asText()).contains("--auto-converge", "--bandwidth", "--downtime-limit");
        try (RemoteShell shell = new RemoteShell(server.sshPort, "admin", server.password())) {
            Said shown = shell.run("understudy:migration-show " + migration.substring(migration.lastIndexOf('/') + 1));
            assertThat(shown.text()).contains("does not converge");
        }

        LabServer.requireOk(rest.change("DELETE", migration, ""));
        new TestGuest(rest, "busy").awaitEnd(migration);
        assertThat(rest.json(migration).get("outcome").asText()).isEqualTo("cancelled");
        assertThat(new TestGuest(rest, "busy").place()).isEqualTo("running on alpha");
    }

    private static JsonNode finding(JsonNode migration) {
        for (JsonNode finding : migration.get("findings")) {
            if (finding.get("code").asText().equals("copy-not-converging")) {
                return finding;
            }
        }
        throw new AssertionError(migration.toString());
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpCommands;
import org.understudy.qemu.qmp.QmpEvents;

/**
 * Runs {@link BootFirmware} in a QEMU that is thrown away.
 *
 * @param cpu the CPU model of the guest
 * @param limit for the whole boot
 */
record BootProbe(String cpu, Duration limit) {
    /** Why the guest did not boot, as a clause for people; empty if it did. */
    Optional<String> failure(Path binary, String accelerator, QemuUser user) {
        CompletableFuture<Object> ended = new CompletableFuture<>();
        try (ProbeQemu qemu = ProbeQemu.start(binary, user, folder -> arguments(folder, accelerator))) {
            qemu.process().onExit().thenAccept(ended::complete);
            try (QmpClient client = qemu.connect(limit, e -> {
                if (e.name().equals(QmpEvents.STOP)) {
                    ended.complete(e);
                }
            })) {
                run(client);
                ended.completeOnTimeout("", limit.toMillis(), TimeUnit.MILLISECONDS)
                        .join();
                return verdict(qemu);
            }
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.CANCELLED) {
                throw e;
            }
            return Optional.of(e.getMessage());
        }
    }

    private List<String> arguments(Path folder, String accelerator) throws IOException {
        Path rom = Files.write(folder.resolve("rom"), BootFirmware.rom());
        return List.of(
                "-accel",
                accelerator,
                "-machine",
                "q35",
                "-cpu",
                cpu,
                "-m",
                "64",
                "-no-reboot",
                "-bios",
                rom.toString(),
                "-chardev",
                "file,id=stages,path=" + folder.resolve("stages"),
                "-device",
                "isa-debugcon,iobase=0xe9,chardev=stages",
                "-device",
                "isa-debug-exit,iobase=0xf4,iosize=1");
    }

    /** The guest may be through before the answer is sent. */
    private void run(QmpClient client) {
        try {
            client.execute(QmpCommands.cont(), limit);
        } catch (UnderstudyException e) {
            if (e.code() != ErrorCode.QMP_DISCONNECTED) {
                throw e;
            }
        }
    }

    private Optional<String> verdict(ProbeQemu qemu) {
        if (qemu.awaitExit(ProbeQemu.EXIT_LIMIT) && qemu.process().exitValue() == BootFirmware.SUCCESS) {
            return Optional.empty();
        }
        String stage = BootFirmware.lastStage(ProbeQemu.read(qemu.folder().resolve("stages")));
        String what = qemu.process().isAlive()
                ? "it stood still"
                : "QEMU ended with " + qemu.process().exitValue();
        return Optional.of("%s after the stage '%s' of a test boot within %s; QEMU says: %s"
                .formatted(what, stage, limit, qemu.output()));
    }
}

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
 * Runs {@link BootFirmware} in a disposable QEMU.
 *
 * @param cpu the CPU model of the guest
 * @param limit the deadline of the whole boot
 */
record BootProbe(String cpu, Duration limit) {
    /** Runs a test boot and returns the cause of its failure as text; empty on success. */
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
                return result(qemu);
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

    /** The guest may finish before QEMU sends the reply. */
    private void run(QmpClient client) {
        try {
            client.execute(QmpCommands.cont(), limit);
        } catch (UnderstudyException e) {
            if (e.code() != ErrorCode.QMP_DISCONNECTED) {
                throw e;
            }
        }
    }

    private Optional<String> result(ProbeQemu qemu) {
        if (qemu.awaitExit(ProbeQemu.EXIT_LIMIT) && qemu.process().exitValue() == BootFirmware.SUCCESS) {
            return Optional.empty();
        }
        String stage = BootFirmware.lastStage(ProbeQemu.read(qemu.folder().resolve("stages")));
        String outcome = qemu.process().isAlive()
                ? "the guest hung"
                : "QEMU ended with " + qemu.process().exitValue();
        return Optional.of("%s in stage '%s' of a test boot with a limit of %s; output of QEMU: %s"
                .formatted(outcome, stage, limit, qemu.output()));
    }
}

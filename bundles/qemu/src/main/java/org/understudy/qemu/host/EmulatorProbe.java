// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpCommands;

/** Asks a QEMU that runs nothing. */
final class EmulatorProbe implements Supplier<Emulator> {
    private final HostSettings settings;
    private volatile List<Emulator> known = List.of();

    EmulatorProbe(HostSettings settings) {
        this.settings = settings;
    }

    @Override
    public synchronized Emulator get() {
        if (known.isEmpty()) {
            known = List.of(probe());
        }
        return known.get(0);
    }

    private Emulator probe() {
        try {
            Path folder = Files.createTempDirectory("us");
            Path socket = folder.resolve("q");
            Process p = new ProcessBuilder(
                            settings.binary().toString(),
                            "-nodefaults",
                            "-machine",
                            "none",
                            "-display",
                            "none",
                            "-qmp",
                            "unix:" + socket + ",server=on,wait=off")
                    .start();
            try (QmpClient c = QmpClient.connect(socket, Duration.ofSeconds(20), e -> {}, e -> {})) {
                Map<String, String> machines = new HashMap<>();
                c.execute(QmpCommands.queryMachines(), RunningQemu.ANSWER).forEach(m -> {
                    machines.put(m.name(), m.name());
                    Optional.of(m.alias().toString().replaceAll("Optional.empty|Optional\\[|\\]", ""))
                            .filter(a -> !a.isEmpty())
                            .ifPresent(a -> machines.put(a, m.name()));
                });
                Set<String> devices = new java.util.HashSet<>();
                c.execute("qom-list-types", Map.of("implements", "device"), RunningQemu.ANSWER)
                        .forEach(t -> devices.add(t.path("name").asText()));
                return new Emulator(c.version(), machines, devices, "tcg", List.of());
            } finally {
                p.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "can't probe QEMU: " + e, e);
        }
    }
}

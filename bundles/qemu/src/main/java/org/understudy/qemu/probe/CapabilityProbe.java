// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.qmp.QemuMachineType;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpCommand;
import org.understudy.qemu.qmp.QmpCommands;
import org.understudy.qemu.qmp.QmpRefusal;
import org.understudy.qemu.qmp.SchemaCheck;

/** Queries the capabilities of a QEMU binary. A result is cached, also in a file, until the binary changes. */
public final class CapabilityProbe {
    /** Device types that can be a primary in any version of QEMU. */
    private static final List<String> PRIMARY_MODELS =
            List.of("vfio-pci", "e1000e", "igb", "e1000", "rtl8139", "vmxnet3", "virtio-net-pci");

    private static final List<String> PCIE_MACHINES = List.of("q35", "virt");
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final ProbeCache cache;

    /** @param cacheFolder the folder of cached results; created if it does not exist */
    public CapabilityProbe(Path cacheFolder) {
        this.cache = new ProbeCache(cacheFolder);
    }

    /**
     * Blocks for up to 10 s per query; a cached result returns at once.
     *
     * @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if the binary does not exist or does not run,
     *     {@link ErrorCode#QMP_PROTOCOL}, {@link ErrorCode#DEADLINE_EXCEEDED} if it is not QEMU
     */
    public BinaryCapabilities probe(Path binary) {
        BinaryIdentity identity = BinaryIdentity.of(binary);
        String name = "capabilities-" + Integer.toHexString(identity.path().hashCode());
        String key = identity + " " + SchemaCheck.listFingerprint();
        return cache.find(name, key, BinaryCapabilities.class).orElseGet(() -> {
            BinaryCapabilities found = query(binary);
            cache.store(name, key, found);
            return found;
        });
    }

    private static BinaryCapabilities query(Path binary) {
        try (ProbeQemu qemu = start(binary, List.of("-machine", "none"));
                QmpClient client = qemu.connect(LIMIT, e -> {})) {
            List<QemuMachineType> machines = client.execute(QmpCommands.queryMachines(), LIMIT);
            SchemaCheck schema = SchemaCheck.of(client.execute(QmpCommands.queryQmpSchema(), LIMIT));
            boolean hasVirtioStatus = schema.supports(QmpCommands.xQueryVirtioStatus(""));
            return new BinaryCapabilities(
                    client.version(),
                    machines,
                    devices(binary),
                    properties(client, "virtio-net-pci").contains("failover"),
                    primaryModels(client),
                    accelerators(binary),
                    client.execute(QmpCommands.queryCommandLineOptions(), LIMIT).contains("sandbox"),
                    client.execute(QmpCommands.queryMigrateCapabilities(), LIMIT)
                            .keySet(),
                    hasVirtioStatus && survivesVirtioStatus(binary, machines),
                    schema.missing());
        }
    }

    private static ProbeQemu start(Path binary, List<String> arguments) {
        return ProbeQemu.start(binary, QemuUser.self(), folder -> arguments);
    }

    private static Set<String> primaryModels(QmpClient client) {
        return PRIMARY_MODELS.stream()
                .filter(model -> properties(client, model).contains("failover_pair_id"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Empty if the type does not exist. */
    private static Set<String> properties(QmpClient client, String type) {
        try {
            return client.execute(QmpCommands.deviceListProperties(type), LIMIT);
        } catch (QmpRefusal e) {
            if (e.errorClass().equals(QmpRefusal.DEVICE_NOT_FOUND)) {
                return Set.of();
            }
            throw e;
        }
    }

    private static Set<String> devices(Path binary) {
        return queryDisposable(binary, List.of("-machine", "none"), QmpCommands.qomListTypes("device"))
                .orElse(Set.of());
    }

    /** Queries a real virtio device: QEMU 11.1.2 has the command and aborts on it. */
    private static boolean survivesVirtioStatus(Path binary, List<QemuMachineType> machines) {
        Optional<String> machine = PCIE_MACHINES.stream()
                .filter(name -> machines.stream().anyMatch(m -> m.alias().equals(name)))
                .findFirst();
        return machine.isPresent()
                && queryDisposable(
                                binary,
                                List.of("-machine", machine.get(), "-device", "virtio-net-pci,id=nic,romfile="),
                                QmpCommands.xQueryVirtioStatus("/machine/peripheral/nic/virtio-backend"))
                        .isPresent();
    }

    /** Empty if QEMU rejected the query or aborted on it. */
    private static <T> Optional<T> queryDisposable(Path binary, List<String> arguments, QmpCommand<T> query) {
        List<String> allArguments = Stream.concat(arguments.stream(), Stream.of("-accel", "tcg", "-accel", "kvm"))
                .toList();
        try (ProbeQemu qemu = start(binary, allArguments);
                QmpClient client = qemu.connect(LIMIT, e -> {})) {
            return Optional.of(client.execute(query, LIMIT));
        } catch (QmpRefusal e) {
            return Optional.empty();
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.QMP_DISCONNECTED || e.code() == ErrorCode.QEMU_START_FAILED) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** QEMU prints a headline, then one name per line. */
    private static Set<String> accelerators(Path binary) {
        try (ProbeQemu qemu = start(binary, List.of("-accel", "help"))) {
            qemu.awaitExit(LIMIT);
            return qemu.output()
                    .lines()
                    .map(String::strip)
                    .filter(line -> line.matches("[a-z0-9]+"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}

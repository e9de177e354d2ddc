// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationOptions;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.xml.MigrationMark;
import org.understudy.qemu.process.RunRecord.Role;
import org.understudy.qemu.qmp.MigrationCapability;
import org.understudy.qemu.qmp.QmpCommands;
import org.understudy.qemu.qmp.QmpRefusal;

/** The destination of a migration: a QEMU in the role incoming. */
final class QemuIncomingMigration implements IncomingMigration {
    private final QemuVm vm;
    private final RunningQemu qemu;

    QemuIncomingMigration(QemuVm vm, RunningQemu qemu) {
        this.vm = vm;
        this.qemu = qemu;
    }

    /** Starts a QEMU that waits for the incoming VM. */
    static QemuIncomingMigration prepare(QemuVm vm, IncomingRequest request) {
        synchronized (vm) {
            requireNotReceiving(vm);
            vm.requireOff();
            Map<String, PciAddress> vfs = new TreeMap<>();
            request.assignedVfs().forEach((alias, vf) -> vfs.put(alias.value(), vf));
            vm.folder().create();
            vm.folder().storeIncomingDefinition(request.configuredDefinition());
            RunningQemu qemu = vm.runtime().launch(vm.folder(), request.liveDefinition(), Role.INCOMING, vfs);
            vm.attach(qemu);
            qemu.publish(new HostEvent.Started(vm.name(), RunningQemu.now()));
            QemuIncomingMigration migration = new QemuIncomingMigration(vm, qemu);
            try {
                migration.listen(request.options());
                return migration;
            } catch (UnderstudyException e) {
                migration.abort();
                throw e;
            }
        }
    }

    /** Names the migration that has the destination QEMU, which continues. */
    private static void requireNotReceiving(QemuVm vm) {
        if (vm.running().filter(q -> q.run().role() == Role.INCOMING).isPresent()) {
            throw new UnderstudyException(
                    ErrorCode.MIGRATION_IN_PROGRESS,
                    "Host %s already receives VM %s%s"
                            .formatted(
                                    vm.runtime().settings().name(),
                                    vm.name(),
                                    vm.folder()
                                            .liveDefinition()
                                            .flatMap(MigrationMark::of)
                                            .map(id -> " in migration " + id)
                                            .orElse("")));
        }
    }

    private void listen(MigrationOptions options) {
        HostSettings settings = vm.runtime().settings();
        Map<MigrationCapability, Boolean> capabilities = new EnumMap<>(MigrationCapability.class);
        capabilities.put(MigrationCapability.EVENTS, true);
        // The source keeps control of the disks until the VM is accepted.
        capabilities.put(MigrationCapability.LATE_BLOCK_ACTIVATE, true);
        capabilities.put(MigrationCapability.MULTIFD, options.multifdChannels().isPresent());
        capabilities.put(MigrationCapability.POSTCOPY_RAM, options.postcopy());
        qemu.execute(QmpCommands.migrateSetCapabilities(capabilities));
        qemu.execute(QmpCommands.migrateSetParameters(Tls.parameters(qemu, settings, options, Tls.Endpoint.SERVER)));
        qemu.store(qemu.run().withRole(Role.INCOMING, listen(settings)));
    }

    /** Listens on the first usable port. A port that was free may be in use meanwhile, so a rejected one is skipped. */
    private String listen(HostSettings settings) {
        String address = settings.migrationAddress();
        List<Integer> free = IntStream.rangeClosed(
                        settings.ports().first(), settings.ports().last())
                .filter(port -> isFree(address, port))
                .boxed()
                .toList();
        Optional<QmpRefusal> last = Optional.empty();
        for (int port : free) {
            String uri = "tcp:" + (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
            try {
                qemu.execute(QmpCommands.migrateIncoming(uri));
                return uri;
            } catch (QmpRefusal e) {
                last = Optional.of(e);
            }
        }
        throw new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                "No migration port from %d to %d is usable on address %s%s"
                        .formatted(
                                settings.ports().first(),
                                settings.ports().last(),
                                address,
                                last.map(e -> ": " + e.getMessage()).orElse("")));
    }

    private static boolean isFree(String address, int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.getByName(address), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public String uri() {
        return qemu.run().uri();
    }

    @Override
    public MigrationPhase phase() {
        try {
            return qemu.execute(QmpCommands.queryMigrate()).phase();
        } catch (UnderstudyException e) {
            if (!qemu.process().isAlive()) {
                return MigrationPhase.FAILED;
            }
            throw e;
        }
    }

    @Override
    public void accept() {
        synchronized (vm) {
            if (qemu.run().role() != Role.INCOMING) {
                return;
            }
            String status = qemu.execute(QmpCommands.queryStatus()).status();
            if (status.equals("inmigrate") || !qemu.process().isAlive()) {
                throw vm.wrongState("has not arrived yet");
            }
            String definition = vm.folder().incomingDefinition().orElseThrow();
            vm.folder().storeDefinition(definition);
            qemu.store(qemu.run().withRole(Role.RUNNING, ""));
            qemu.publish(new HostEvent.DefinitionChanged(vm.name(), RunningQemu.now()));
            qemu.execute(QmpCommands.cont());
        }
    }

    @Override
    public void abort() {
        synchronized (vm) {
            if (qemu.run().role() != Role.INCOMING) {
                throw vm.wrongState("has been accepted on this host, so its migration cannot be aborted");
            }
            vm.terminate(qemu, "migration aborted");
        }
    }
}

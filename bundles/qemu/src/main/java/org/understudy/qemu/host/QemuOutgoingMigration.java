// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationOptions;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.qemu.domain.DefinitionReader;
import org.understudy.qemu.domain.Device;
import org.understudy.qemu.process.RunRecord;
import org.understudy.qemu.process.RunRecord.Role;
import org.understudy.qemu.qmp.MigrationCapability;
import org.understudy.qemu.qmp.QmpCommands;
import org.understudy.qemu.qmp.QmpRefusal;

/** The sending end: a QEMU in the role outgoing or switching, or what is left of it. */
final class QemuOutgoingMigration implements OutgoingMigration {
    private static final Logger LOG = LoggerFactory.getLogger(QemuOutgoingMigration.class);

    private final QemuVm vm;
    private final Optional<RunningQemu> qemu;

    /** @param qemu empty if it has ended already */
    QemuOutgoingMigration(QemuVm vm, Optional<RunningQemu> qemu) {
        this.vm = vm;
        this.qemu = qemu;
    }

    static QemuOutgoingMigration start(QemuVm vm, OutgoingRequest request) {
        synchronized (vm) {
            RunningQemu qemu = vm.owned();
            MigrationOptions options = request.options();
            refusePostcopyWithVf(vm, options);
            Map<MigrationCapability, Boolean> capabilities = new EnumMap<>(MigrationCapability.class);
            capabilities.put(MigrationCapability.EVENTS, true);
            capabilities.put(MigrationCapability.PAUSE_BEFORE_SWITCHOVER, true);
            capabilities.put(MigrationCapability.AUTO_CONVERGE, options.autoConverge());
            capabilities.put(
                    MigrationCapability.MULTIFD, options.multifdChannels().isPresent());
            capabilities.put(MigrationCapability.POSTCOPY_RAM, options.postcopy());
            qemu.ask(QmpCommands.migrateSetCapabilities(capabilities));
            qemu.ask(QmpCommands.migrateSetParameters(
                    Tls.parameters(qemu, vm.runtime().settings(), options, Tls.End.CLIENT)));
            RunRecord before = qemu.run();
            qemu.store(before.withRole(Role.OUTGOING, request.uri()));
            try {
                qemu.ask(QmpCommands.migrate(request.uri()));
            } catch (UnderstudyException e) {
                qemu.store(before);
                throw e;
            }
            return new QemuOutgoingMigration(vm, Optional.of(qemu));
        }
    }

    private static void refusePostcopyWithVf(QemuVm vm, MigrationOptions options) {
        boolean passedThrough = DefinitionReader.read(
                        vm.folder().liveDefinition().orElseThrow())
                .domain()
                .devices(Device.PassedThrough.class)
                .findAny()
                .isPresent();
        if (options.postcopy() && passedThrough) {
            throw new UnderstudyException(
                    "VM " + vm.name() + " can't be moved by post-copy",
                    List.of(Finding.of(
                            FindingCode.OPTION_NOT_USABLE,
                            "vm " + vm.name(),
                            "post-copy was asked for, but a primary is a VF",
                            "Leave post-copy off.")));
        }
    }

    @Override
    public MigrationProgress progress() {
        Optional<RunningQemu> alive = qemu.filter(q -> q.process().isAlive());
        if (alive.isEmpty()) {
            return ended();
        }
        try {
            return alive.get().ask(QmpCommands.queryMigrate());
        } catch (UnderstudyException e) {
            if (!alive.get().process().isAlive()) {
                return ended();
            }
            throw e;
        }
    }

    private MigrationProgress ended() {
        String why = qemu.map(RunningQemu::endReason).orElse("QEMU has ended");
        return new MigrationProgress(MigrationPhase.FAILED, 0, 0, Optional.empty(), why);
    }

    private RunningQemu alive() {
        return qemu.filter(q -> q.process().isAlive()).orElseThrow(() -> vm.wrongState("has no QEMU any more"));
    }

    @Override
    public void continueToSwitch() {
        synchronized (vm) {
            RunningQemu q = alive();
            q.store(q.run().withRole(Role.SWITCHING));
            try {
                q.ask(QmpCommands.migrateContinue());
            } catch (QmpRefusal e) {
                q.store(q.run().withRole(Role.OUTGOING));
                throw e;
            }
        }
    }

    @Override
    public void cancel() {
        alive().ask(QmpCommands.migrateCancel());
    }

    @Override
    public void resumeOnSource() {
        synchronized (vm) {
            if (qemu.filter(q -> q.process().isAlive()).isEmpty()) {
                vm.folder().clearRun();
                throw vm.wrongState("has no QEMU any more; start it");
            }
            RunningQemu q = alive();
            boolean sentAll = q.ask(QmpCommands.queryMigrate()).phase() == MigrationPhase.COMPLETED;
            if (!q.ask(QmpCommands.queryStatus()).running()) {
                q.ask(QmpCommands.cont());
            }
            q.store(q.run().withRole(Role.RUNNING, ""));
            if (sentAll) {
                plugPrimariesBack(q);
            }
        }
    }

    /**
     * QEMU plugs the primaries back after a migration that failed. After one that completed it keeps them half
     * unplugged, and nothing plugs them but another migration that fails; one to nowhere does at once. Source: QEMU
     * hw/net/virtio-net.c, virtio_net_handle_migration_primary.
     */
    private void plugPrimariesBack(RunningQemu q) {
        try {
            q.ask(QmpCommands.migrate("unix:" + vm.folder().qemuFolder().resolve("nowhere")));
        } catch (QmpRefusal e) {
            LOG.debug("VM {}: the migration to nowhere was refused: {}", vm.name(), e.getMessage());
        }
    }

    @Override
    public void finish() {
        synchronized (vm) {
            Optional<RunningQemu> alive = qemu.filter(q -> q.process().isAlive());
            if (alive.isPresent() && alive.get().ask(QmpCommands.queryStatus()).running()) {
                throw vm.wrongState("runs here; it has not been moved");
            }
            alive.ifPresent(q -> vm.end(q, "migrated"));
            vm.folder().delete();
            vm.runtime().events().publish(new HostEvent.DefinitionChanged(vm.name(), RunningQemu.now()));
        }
    }
}

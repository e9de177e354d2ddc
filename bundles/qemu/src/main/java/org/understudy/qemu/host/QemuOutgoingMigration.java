// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationId;
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

/** The source of a migration: a QEMU in the role outgoing or switching, or its remaining run record. */
final class QemuOutgoingMigration implements OutgoingMigration {
    private static final Logger LOG = LoggerFactory.getLogger(QemuOutgoingMigration.class);

    private final QemuVm vm;
    private final Optional<RunningQemu> qemu;
    /** Empty in a record of an older version. */
    private final String id;

    /**
     * @param qemu empty if it has ended
     * @param id of the migration, as in the run record
     */
    QemuOutgoingMigration(QemuVm vm, Optional<RunningQemu> qemu, String id) {
        this.vm = vm;
        this.qemu = qemu;
        this.id = id;
    }

    static QemuOutgoingMigration start(QemuVm vm, OutgoingRequest request) {
        synchronized (vm) {
            RunningQemu qemu = vm.ownedQemu();
            MigrationOptions options = request.options();
            requireNotSending(vm, qemu);
            rejectPostcopyWithVf(vm, options);
            Map<MigrationCapability, Boolean> capabilities = new EnumMap<>(MigrationCapability.class);
            capabilities.put(MigrationCapability.EVENTS, true);
            capabilities.put(MigrationCapability.PAUSE_BEFORE_SWITCHOVER, true);
            capabilities.put(MigrationCapability.AUTO_CONVERGE, options.autoConverge());
            capabilities.put(
                    MigrationCapability.MULTIFD, options.multifdChannels().isPresent());
            capabilities.put(MigrationCapability.POSTCOPY_RAM, options.postcopy());
            qemu.execute(QmpCommands.migrateSetCapabilities(capabilities));
            qemu.execute(QmpCommands.migrateSetParameters(
                    Tls.parameters(qemu, vm.runtime().settings(), options, Tls.Endpoint.CLIENT)));
            RunRecord before = qemu.run();
            qemu.store(before.sending(request.id(), request.uri()));
            try {
                qemu.execute(QmpCommands.migrate(request.uri()));
            } catch (UnderstudyException e) {
                qemu.store(before);
                throw e;
            }
            return new QemuOutgoingMigration(vm, Optional.of(qemu), request.id().value());
        }
    }

    /** The record of a migration that has failed, or was cancelled, does not prevent the next one. */
    private static void requireNotSending(QemuVm vm, RunningQemu qemu) {
        RunRecord run = qemu.run();
        boolean free = run.role() == Role.RUNNING
                || run.role() == Role.OUTGOING
                        && switch (qemu.execute(QmpCommands.queryMigrate()).phase()) {
                            case NONE, FAILED, CANCELLED -> true;
                            default -> false;
                        };
        if (!free) {
            throw new UnderstudyException(
                    ErrorCode.MIGRATION_IN_PROGRESS,
                    "Host %s already sends VM %s%s"
                            .formatted(
                                    vm.runtime().settings().name(),
                                    vm.name(),
                                    run.migration().isEmpty() ? "" : " in migration " + run.migration()));
        }
    }

    /** Another migration of the VM may have begun since this one has ended. */
    private void requireOwn() {
        if (vm.folder().run().filter(run -> !run.migration().equals(id)).isPresent()) {
            throw vm.wrongState("is no longer in migration " + id + " on this host");
        }
    }

    @Override
    public Optional<MigrationId> migration() {
        return Optional.of(id).filter(known -> !known.isEmpty()).map(MigrationId::new);
    }

    private static void rejectPostcopyWithVf(QemuVm vm, MigrationOptions options) {
        boolean passedThrough = DefinitionReader.read(
                        vm.folder().liveDefinition().orElseThrow())
                .domain()
                .devices(Device.PassedThrough.class)
                .findAny()
                .isPresent();
        if (options.postcopy() && passedThrough) {
            throw new UnderstudyException(
                    "VM " + vm.name() + " cannot be migrated with post-copy",
                    List.of(Finding.of(
                            FindingCode.OPTION_NOT_USABLE,
                            "vm " + vm.name(),
                            "Post-copy is requested, but a primary of VM " + vm.name() + " is a VF",
                            "Migrate without post-copy.")));
        }
    }

    @Override
    public MigrationProgress progress() {
        Optional<RunningQemu> alive = qemu.filter(q -> q.process().isAlive());
        Optional<String> other = alive.map(q -> q.run().migration()).filter(now -> !now.isEmpty() && !now.equals(id));
        if (other.isPresent()) {
            return failed("migration " + other.get() + " of the VM has begun since");
        }
        if (alive.isEmpty()) {
            return endedProgress();
        }
        try {
            return alive.get().execute(QmpCommands.queryMigrate());
        } catch (UnderstudyException e) {
            if (!alive.get().process().isAlive()) {
                return endedProgress();
            }
            throw e;
        }
    }

    private MigrationProgress endedProgress() {
        String why = qemu.map(RunningQemu::endReason).orElse("QEMU has ended");
        return failed(why);
    }

    private static MigrationProgress failed(String why) {
        return new MigrationProgress(MigrationPhase.FAILED, 0, 0, Optional.empty(), why);
    }

    private RunningQemu alive() {
        return qemu.filter(q -> q.process().isAlive()).orElseThrow(() -> vm.wrongState("has no running QEMU"));
    }

    @Override
    public void continueToSwitch() {
        synchronized (vm) {
            requireOwn();
            RunningQemu q = alive();
            q.store(q.run().withRole(Role.SWITCHING));
            try {
                q.execute(QmpCommands.migrateContinue());
            } catch (QmpRefusal e) {
                q.store(q.run().withRole(Role.OUTGOING));
                throw e;
            }
        }
    }

    @Override
    public void cancel() {
        synchronized (vm) {
            requireOwn();
            alive().execute(QmpCommands.migrateCancel());
        }
    }

    @Override
    public void resumeOnSource() {
        synchronized (vm) {
            requireOwn();
            if (qemu.filter(q -> q.process().isAlive()).isEmpty()) {
                vm.folder().clearRun();
                throw vm.wrongState("has no running QEMU");
            }
            RunningQemu q = alive();
            boolean sentAll = q.execute(QmpCommands.queryMigrate()).phase() == MigrationPhase.COMPLETED;
            if (!q.execute(QmpCommands.queryStatus()).running()) {
                q.execute(QmpCommands.cont());
            }
            q.store(q.run().withRole(Role.RUNNING, ""));
            if (sentAll) {
                replugPrimaries(q);
            }
        }
    }

    /**
     * Makes QEMU plug the primaries again. QEMU does so after a failed migration. After a completed one it leaves them
     * partially unplugged until another migration fails, as one to a missing socket does at once. Source: QEMU
     * hw/net/virtio-net.c, virtio_net_handle_migration_primary.
     */
    private void replugPrimaries(RunningQemu q) {
        try {
            q.execute(QmpCommands.migrate("unix:" + vm.folder().qemuFolder().resolve("nowhere")));
        } catch (QmpRefusal e) {
            LOG.debug("VM {}: migration that plugs the primaries was rejected: {}", vm.name(), e.getMessage());
        }
    }

    @Override
    public void finish() {
        synchronized (vm) {
            requireOwn();
            Optional<RunningQemu> alive = qemu.filter(q -> q.process().isAlive());
            if (alive.isPresent()
                    && alive.get().execute(QmpCommands.queryStatus()).running()) {
                throw vm.wrongState("runs on this host; it was not migrated");
            }
            alive.ifPresent(q -> vm.terminate(q, "migrated"));
            vm.folder().delete();
            vm.runtime().events().publish(new HostEvent.DefinitionChanged(vm.name(), RunningQemu.now()));
        }
    }
}

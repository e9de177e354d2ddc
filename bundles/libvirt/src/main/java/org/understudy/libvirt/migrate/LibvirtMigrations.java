// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationId;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.xml.MigrationMark;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.libvirt.connect.LibvirtSettings;
import org.understudy.libvirt.connect.LibvirtThreads;
import org.understudy.libvirt.domain.Domains;
import org.understudy.libvirt.domain.Monitor;
import org.understudy.libvirt.event.OutgoingDomains;

/** Outgoing and incoming migrations of one host. */
public final class LibvirtMigrations {
    /** Source: VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT; absent without a job. */
    private static final String MIGRATION_OUT = "5";

    private final LibvirtSettings settings;
    private final Domains domains;
    private final Monitor monitor;
    private final OutgoingDomains outgoingDomains;
    private final HostEventQueue events;
    private final LibvirtThreads threads;
    private final Map<VmName, LibvirtOutgoingMigration> outgoing = new ConcurrentHashMap<>();

    public LibvirtMigrations(
            LibvirtSettings settings,
            Domains domains,
            Monitor monitor,
            OutgoingDomains outgoingDomains,
            HostEventQueue events,
            LibvirtThreads threads) {
        this.settings = settings;
        this.domains = domains;
        this.monitor = monitor;
        this.outgoingDomains = outgoingDomains;
        this.events = events;
        this.threads = threads;
    }

    /** Only checks: the source's libvirt prepares the destination, with the definition of its call. */
    public IncomingMigration prepare(IncomingRequest request) {
        domains.find(request.vm()).filter(v -> v.state() != VmState.SHUTOFF).ifPresent(v -> {
            throw v.state() == VmState.INCOMING ? alreadyReceived(v.name()) : exists(v);
        });
        requirePeerAddress();
        return incoming(request.vm(), MigrationMark.of(request.liveDefinition()));
    }

    private UnderstudyException exists(HostedVm vm) {
        return new UnderstudyException(
                ErrorCode.WRONG_VM_STATE,
                "Host %s: VM %s exists and is %s; required state: SHUTOFF"
                        .formatted(settings.name(), vm.name(), vm.state()));
    }

    private UnderstudyException alreadyReceived(VmName vm) {
        String by =
                IncomingMark.of(domains, vm).map(id -> " in migration " + id).orElse("");
        return new UnderstudyException(
                ErrorCode.MIGRATION_IN_PROGRESS, "Host %s already receives VM %s%s".formatted(settings.name(), vm, by));
    }

    private LibvirtIncomingMigration incoming(VmName vm, Optional<MigrationId> id) {
        return new LibvirtIncomingMigration(vm, id, domains, PeerAddress.of(settings));
    }

    /** With a local URI another host would reach its own libvirt. */
    private void requirePeerAddress() {
        if (settings.peerUri().startsWith("qemu:///")) {
            throw new UnderstudyException(
                    ErrorCode.CONFIGURATION_INVALID,
                    "Host %s: option 'peer-uri' is missing; other hosts cannot reach it as %s"
                            .formatted(settings.name(), settings.peerUri()));
        }
    }

    public Optional<IncomingMigration> incoming(VmName vm) {
        return domains.find(vm)
                .filter(v -> v.state() == VmState.INCOMING)
                .map(v -> incoming(vm, IncomingMark.of(domains, vm)));
    }

    /**
     * Blocks until QEMU sends. If another program's call reaches libvirt at the same time, the migration that QEMU sends may
     * be that one: libvirt shows no owner, and refuses this call, at once or when that one has ended.
     */
    public OutgoingMigration start(OutgoingRequest request) {
        VmName vm = request.vm();
        if (isMigratingOut(vm)) {
            throw new UnderstudyException(
                    ErrorCode.MIGRATION_IN_PROGRESS, "Host %s already sends VM %s".formatted(settings.name(), vm));
        }
        outgoingDomains.add(vm);
        CompletableFuture<Void> call = call(new MigrateCall(request), vm);
        LibvirtOutgoingMigration migration = new LibvirtOutgoingMigration(
                vm, domains, monitor, Optional.of(call), () -> completed(vm), self -> failed(vm, self));
        outgoing.put(vm, migration);
        call.whenComplete((done, failure) -> {
            // If only the connection was lost, the migration goes on and its result is polled.
            if (failure != null && !LibvirtOutgoingMigration.isDisconnected(failure)) {
                failed(vm, migration);
            }
        });
        try {
            migration.awaitStart();
            return migration;
        } catch (UnderstudyException e) {
            failed(vm, migration);
            throw e;
        }
    }

    private void failed(VmName vm, LibvirtOutgoingMigration migration) {
        if (outgoing.remove(vm, migration)) {
            outgoingDomains.remove(vm);
        }
    }

    /** libvirt blocks the call for the duration of the migration. */
    private CompletableFuture<Void> call(MigrateCall migrateCall, VmName vm) {
        CompletableFuture<Void> call = new CompletableFuture<>();
        AtomicBoolean decided = new AtomicBoolean();
        threads.migrations().execute(() -> {
            try {
                domains.run("migrate", vm, domain -> {
                    if (decided.compareAndSet(false, true)) {
                        migrateCall.run(domain);
                    }
                });
                call.complete(null);
            } catch (RuntimeException | Error e) {
                // Otherwise libvirt has the request, and a migration whose connection is lost goes on.
                call.completeExceptionally(decided.compareAndSet(false, true) ? notStarted(vm, e) : e);
            }
        });
        return call;
    }

    private static Throwable notStarted(VmName vm, Throwable cause) {
        return LibvirtOutgoingMigration.isDisconnected(cause)
                ? new UnderstudyException(
                        ErrorCode.LIBVIRT_ERROR,
                        "VM %s: migration was not started: %s".formatted(vm, cause.getMessage()),
                        cause)
                : cause;
    }

    private void completed(VmName vm) {
        outgoing.remove(vm);
        outgoingDomains.remove(vm);
        events.publish(new HostEvent.Stopped(vm, Clock.systemUTC().instant(), "migrated"));
        events.publish(new HostEvent.DefinitionChanged(vm, Clock.systemUTC().instant()));
    }

    /** Includes migrations that were started before this server, or by another program. */
    public Optional<OutgoingMigration> outgoing(VmName vm) {
        Optional<OutgoingMigration> own = Optional.ofNullable(outgoing.get(vm));
        return own.isPresent() || !isMigratingOut(vm)
                ? own
                : Optional.of(new LibvirtOutgoingMigration(
                        vm, domains, monitor, Optional.empty(), () -> completed(vm), self -> {}));
    }

    private boolean isMigratingOut(VmName vm) {
        try {
            return domains.call(
                    "read the job of",
                    vm,
                    d -> Arrays.stream(d.getJobStats(0).stats)
                            .anyMatch(s -> s.field.equals("operation")
                                    && s.getValueAsString().equals(MIGRATION_OUT)));
        } catch (UnderstudyException e) {
            // Shut off, gone, or incoming, for which libvirt reports no job.
            if (e.code() == ErrorCode.WRONG_VM_STATE
                    || e.code() == ErrorCode.VM_NOT_FOUND
                    || e.code() == ErrorCode.NOT_SUPPORTED) {
                return false;
            }
            throw e;
        }
    }
}

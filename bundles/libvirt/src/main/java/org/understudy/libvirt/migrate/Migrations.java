// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.libvirt.connect.LibvirtSettings;
import org.understudy.libvirt.domain.Domains;
import org.understudy.libvirt.domain.Monitor;
import org.understudy.libvirt.event.LibvirtEventQueue;
import org.understudy.libvirt.event.OutgoingDomains;

/** The two ends of the migrations of one host. */
public final class Migrations {
    /** Source: VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT; absent where there is no job. */
    private static final String SENDING = "5";

    private final LibvirtSettings settings;
    private final Domains domains;
    private final Monitor monitor;
    private final OutgoingDomains outgoingDomains;
    private final LibvirtEventQueue events;
    private final Map<VmName, LibvirtOutgoingMigration> outgoing = new ConcurrentHashMap<>();

    public Migrations(
            LibvirtSettings settings,
            Domains domains,
            Monitor monitor,
            OutgoingDomains outgoingDomains,
            LibvirtEventQueue events) {
        this.settings = settings;
        this.domains = domains;
        this.monitor = monitor;
        this.outgoingDomains = outgoingDomains;
        this.events = events;
    }

    /** Nothing is prepared yet: the source's libvirt does that, with the definition it is given. */
    public IncomingMigration prepare(IncomingRequest request) {
        domains.find(request.vm()).filter(v -> v.state() != VmState.SHUTOFF).ifPresent(v -> {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "host %s has a VM %s that is %s".formatted(settings.name(), v.name(), v.state()));
        });
        requirePeerAddress();
        return new LibvirtIncomingMigration(request.vm(), domains, PeerAddress.of(settings));
    }

    /** Another host would find its own libvirt there. */
    private void requirePeerAddress() {
        if (settings.peerUri().startsWith("qemu:///")) {
            throw new UnderstudyException(
                    ErrorCode.CONFIGURATION_INVALID,
                    "host %s: option 'peer-uri' is missing: no other host reaches it as %s"
                            .formatted(settings.name(), settings.peerUri()));
        }
    }

    public Optional<IncomingMigration> incoming(VmName vm) {
        return domains.find(vm)
                .filter(v -> v.state() == VmState.INCOMING)
                .map(v -> new LibvirtIncomingMigration(vm, domains, PeerAddress.of(settings)));
    }

    /** Returns once QEMU sends. */
    public OutgoingMigration start(OutgoingRequest request) {
        VmName vm = request.vm();
        outgoingDomains.begin(vm);
        CompletableFuture<Void> call = call(new MigrateCall(request), vm);
        LibvirtOutgoingMigration end = new LibvirtOutgoingMigration(
                vm, domains, monitor, Optional.of(call), () -> finished(vm), stays -> stayed(vm, stays));
        outgoing.put(vm, end);
        call.whenComplete((done, failed) -> {
            // Without its connection the migration goes on, and whoever asks for it hears how it ended.
            if (failed != null && !LibvirtOutgoingMigration.isCutOff(failed)) {
                stayed(vm, end);
            }
        });
        try {
            end.awaitBegin();
            return end;
        } catch (UnderstudyException e) {
            stayed(vm, end);
            throw e;
        }
    }

    private void stayed(VmName vm, LibvirtOutgoingMigration end) {
        if (outgoing.remove(vm, end)) {
            outgoingDomains.end(vm);
        }
    }

    /** On a thread of its own: libvirt blocks it as long as the migration takes. */
    private CompletableFuture<Void> call(MigrateCall migrateCall, VmName vm) {
        CompletableFuture<Void> call = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        domains.notifyListeners("migrate", vm, migrateCall::make);
                        call.complete(null);
                    } catch (RuntimeException | Error e) {
                        call.completeExceptionally(e);
                    }
                },
                "libvirt-migration " + vm);
        thread.setDaemon(true);
        thread.start();
        return call;
    }

    private void finished(VmName vm) {
        outgoing.remove(vm);
        outgoingDomains.end(vm);
        events.publish(new HostEvent.Stopped(vm, Clock.systemUTC().instant(), "migrated"));
        events.publish(new HostEvent.DefinitionChanged(vm, Clock.systemUTC().instant()));
    }

    /** Also one that was started before this server was, or by somebody else. */
    public Optional<OutgoingMigration> outgoing(VmName vm) {
        Optional<OutgoingMigration> own = Optional.ofNullable(outgoing.get(vm));
        return own.isPresent() || !isSending(vm)
                ? own
                : Optional.of(new LibvirtOutgoingMigration(
                        vm, domains, monitor, Optional.empty(), () -> finished(vm), stays -> {}));
    }

    private boolean isSending(VmName vm) {
        try {
            return domains.ask(
                    "read the job of",
                    vm,
                    d -> Arrays.stream(d.getJobStats(0).stats)
                            .anyMatch(s -> s.field.equals("operation")
                                    && s.getValueAsString().equals(SENDING)));
        } catch (UnderstudyException e) {
            // Off, gone, or a receiving end, which libvirt tells nothing of.
            if (e.code() == ErrorCode.WRONG_VM_STATE
                    || e.code() == ErrorCode.VM_NOT_FOUND
                    || e.code() == ErrorCode.NOT_SUPPORTED) {
                return false;
            }
            throw e;
        }
    }
}

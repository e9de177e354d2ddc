// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.qemu.domain.CompletedDefinition;
import org.understudy.qemu.domain.DefinitionReader;
import org.understudy.qemu.domain.Domain;
import org.understudy.qemu.process.FolderLock;
import org.understudy.qemu.process.RunRecord.Role;
import org.understudy.qemu.process.VmFolder;
import org.understudy.qemu.qmp.QmpCommands;

/** The host of connector qemu: this machine, with one folder per VM in the directory of the host. */
public final class QemuHost implements Host {
    private final HostSettings settings;
    private final QemuRuntime runtime;
    private final QemuFactsReader facts;
    private final FolderLock lock;
    private final QemuVms vms;
    private final SecureRandom random = new SecureRandom();

    QemuHost(HostSettings settings, QemuRuntime runtime, QemuFactsReader facts) {
        this.settings = settings;
        this.runtime = runtime;
        this.facts = facts;
        this.lock = FolderLock.acquire(settings.directory());
        try {
            this.vms = new QemuVms(runtime);
        } catch (RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    @Override
    public HostName name() {
        return settings.name();
    }

    @Override
    public HostFacts facts() {
        return facts.facts();
    }

    @Override
    public List<HostedVm> vms() {
        return vms.all().stream().flatMap(v -> hosted(v).stream()).toList();
    }

    @Override
    public Optional<HostedVm> find(VmName vm) {
        return vms.find(vm).flatMap(QemuHost::hosted);
    }

    /** Empty if the VM was removed meanwhile. */
    private static Optional<HostedVm> hosted(QemuVm vm) {
        VmState state = vm.state();
        return vm.folder()
                .definition()
                .or(vm.folder()::liveDefinition)
                .flatMap(d -> DefinitionReader.read(d).domain().uuid())
                .map(uuid -> new HostedVm(vm.name(), uuid, state, vm.details()));
    }

    @Override
    public String definition(VmName vm) {
        VmFolder folder = vms.existing(vm).folder();
        return folder.definition().or(folder::incomingDefinition).orElse("");
    }

    @Override
    public Optional<String> liveDefinition(VmName vm) {
        QemuVm existing = vms.existing(vm);
        return existing.running().flatMap(r -> existing.folder().liveDefinition());
    }

    @Override
    public List<Finding> check(String definition) {
        return facts.check(DefinitionReader.read(definition));
    }

    @Override
    public HostedVm define(String definition) {
        DefinitionReader.Reading reading = DefinitionReader.read(definition);
        List<Finding> findings = facts.check(reading);
        VmName name = reading.domain().name();
        if (Finding.anyBlocking(findings)) {
            throw new UnderstudyException("VM " + name + " cannot run on host " + settings.name(), findings);
        }
        QemuVm vm = vms.vm(name);
        synchronized (vm) {
            UUID uuid = uuid(vm, reading.domain());
            vm.folder()
                    .storeDefinition(CompletedDefinition.of(
                            definition, uuid, this::mac, runtime.emulators().get()::fullName));
        }
        runtime.events().publish(new HostEvent.DefinitionChanged(name, RunningQemu.now()));
        return hosted(vm).orElseThrow();
    }

    /** The UUID of the definition, or of the definition that it replaces, or a new UUID. */
    private UUID uuid(QemuVm vm, Domain domain) {
        Optional<UUID> stored = vm.folder()
                .definition()
                .or(vm.folder()::liveDefinition)
                .flatMap(d -> DefinitionReader.read(d).domain().uuid());
        if (stored.isPresent() && domain.uuid().isPresent() && !stored.equals(domain.uuid())) {
            throw new UnderstudyException(
                    ErrorCode.VM_EXISTS, "VM %s exists with UUID %s".formatted(vm.name(), stored.get()));
        }
        return domain.uuid().or(() -> stored).orElseGet(UUID::randomUUID);
    }

    /** A random address with the OUI of QEMU. */
    private MacAddress mac() {
        int n = random.nextInt(1 << 24);
        return new MacAddress("52:54:00:%02x:%02x:%02x".formatted(n >> 16, n >> 8 & 0xff, n & 0xff));
    }

    @Override
    public void undefine(VmName name) {
        QemuVm vm = vms.existing(name);
        synchronized (vm) {
            vm.requireOff();
            vm.folder().delete();
        }
        runtime.events().publish(new HostEvent.DefinitionChanged(name, RunningQemu.now()));
    }

    @Override
    public void start(VmName vm, Map<Alias, PciAddress> assignedVfs) {
        Map<String, PciAddress> vfs = new TreeMap<>();
        assignedVfs.forEach((alias, vf) -> vfs.put(alias.value(), vf));
        QemuVm existing = vms.existing(vm);
        List<Finding> findings = check(definition(vm));
        if (Finding.anyBlocking(findings)) {
            throw new UnderstudyException("VM " + vm + " cannot be started", findings);
        }
        existing.start(vfs);
    }

    @Override
    public void shutdown(VmName vm) {
        vms.existing(vm).ownedQemu().execute(QmpCommands.systemPowerdown());
    }

    @Override
    public void destroy(VmName vm) {
        vms.existing(vm).destroy();
    }

    @Override
    public void reset(VmName vm) {
        vms.existing(vm).ownedQemu().execute(QmpCommands.systemReset());
    }

    @Override
    public void pause(VmName vm) {
        vms.existing(vm).ownedQemu().execute(QmpCommands.stop());
    }

    @Override
    public void resume(VmName vm) {
        vms.existing(vm).resume();
    }

    @Override
    public PrimaryPresence primaryPresence(VmName vm, Alias primary) {
        return new QemuPrimaries(vms.existing(vm)).presence(primary);
    }

    @Override
    public Optional<Boolean> standbyNegotiated(VmName vm, Alias standby) {
        return new QemuPrimaries(vms.existing(vm)).standbyNegotiated(standby);
    }

    @Override
    public void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf) {
        new QemuPrimaries(vms.existing(vm)).plug(primary, assignedVf);
    }

    @Override
    public void unplugPrimary(VmName vm, Alias primary) {
        new QemuPrimaries(vms.existing(vm)).unplug(primary);
    }

    @Override
    public IncomingMigration prepareIncoming(IncomingRequest request) {
        List<Finding> findings = check(request.liveDefinition());
        if (Finding.anyBlocking(findings)) {
            throw new UnderstudyException(
                    "Host %s cannot receive VM %s".formatted(settings.name(), request.vm()), findings);
        }
        return QemuIncomingMigration.prepare(vms.vm(request.vm()), request);
    }

    @Override
    public OutgoingMigration startOutgoing(OutgoingRequest request) {
        return QemuOutgoingMigration.start(vms.existing(request.vm()), request);
    }

    @Override
    public Optional<IncomingMigration> incoming(VmName name) {
        return vms.known(name)
                .flatMap(vm -> vm.running()
                        .filter(q -> q.run().role() == Role.INCOMING)
                        .map(q -> new QemuIncomingMigration(vm, q)));
    }

    @Override
    public Optional<OutgoingMigration> outgoing(VmName name) {
        return vms.known(name)
                .flatMap(vm -> vm.folder()
                        .run()
                        .filter(r -> r.role() == Role.OUTGOING || r.role() == Role.SWITCHING)
                        .map(r -> new QemuOutgoingMigration(vm, vm.running(), r.migration())));
    }

    @Override
    public Subscription subscribe(Consumer<HostEvent> consumer) {
        return runtime.events().subscribe(consumer);
    }

    @Override
    public void close() {
        vms.close();
        runtime.events().close();
        lock.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
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
    private static final Logger LOG = LoggerFactory.getLogger(QemuHost.class);

    private final HostSettings settings;
    private final QemuRuntime runtime;
    private final QemuFactsReader facts;
    private final FolderLock lock;
    private final Map<VmName, QemuVm> vms = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final ScheduledExecutorService scheduler;

    QemuHost(HostSettings settings, QemuRuntime runtime, QemuFactsReader facts) {
        this.settings = settings;
        this.runtime = runtime;
        this.facts = facts;
        this.lock = FolderLock.acquire(settings.directory());
        this.scheduler = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread t = new Thread(r, "qemu-monitor " + settings.name());
            t.setDaemon(true);
            return t;
        });
        try {
            folders().forEach(this::adopt);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        scheduler.scheduleWithFixedDelay(this::truncateLogs, 1, 1, TimeUnit.MINUTES);
    }

    private void adopt(VmName name) {
        try {
            vm(name).adopt();
        } catch (RuntimeException | Error e) {
            LOG.error("VM {}: adoption failed, its QEMU is not monitored", name, e);
        }
    }

    private void truncateLogs() {
        for (QemuVm vm : vms.values()) {
            try {
                vm.folder().truncateLog();
            } catch (RuntimeException | Error e) {
                LOG.warn("VM {}: log of QEMU could not be truncated", vm.name(), e);
            }
        }
    }

    private List<VmName> folders() {
        try (Stream<Path> found = Files.list(settings.directory())) {
            return found.filter(f -> Files.exists(f.resolve("definition.xml")) || Files.exists(f.resolve("run.json")))
                    .flatMap(f -> name(f).stream())
                    .toList();
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.IO_FAILED, "Cannot read folder " + settings.directory() + ": " + e, e);
        }
    }

    private static Optional<VmName> name(Path folder) {
        try {
            return Optional.of(new VmName(folder.getFileName().toString()));
        } catch (UnderstudyException e) {
            LOG.warn("Folder {}: ignored, its name is not a valid VM name", folder, e);
            return Optional.empty();
        }
    }

    private QemuVm vm(VmName name) {
        return vms.computeIfAbsent(name, n -> new QemuVm(new VmFolder(settings.directory(), n), runtime, scheduler));
    }

    private QemuVm existing(VmName name) {
        return Optional.ofNullable(vms.get(name))
                .filter(v -> !v.isEmpty())
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.VM_NOT_FOUND, "Host %s has no VM %s".formatted(settings.name(), name)));
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
        return vms.values().stream()
                .filter(v -> !v.isEmpty())
                .sorted(Comparator.comparing(QemuVm::name))
                .flatMap(v -> hosted(v).stream())
                .toList();
    }

    @Override
    public Optional<HostedVm> find(VmName vm) {
        return Optional.ofNullable(vms.get(vm)).filter(v -> !v.isEmpty()).flatMap(QemuHost::hosted);
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
        VmFolder folder = existing(vm).folder();
        return folder.definition().or(folder::incomingDefinition).orElse("");
    }

    @Override
    public Optional<String> liveDefinition(VmName vm) {
        QemuVm existing = existing(vm);
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
        QemuVm vm = vm(name);
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
        QemuVm vm = existing(name);
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
        QemuVm existing = existing(vm);
        List<Finding> findings = check(definition(vm));
        if (Finding.anyBlocking(findings)) {
            throw new UnderstudyException("VM " + vm + " cannot be started", findings);
        }
        existing.start(vfs);
    }

    @Override
    public void shutdown(VmName vm) {
        existing(vm).ownedQemu().execute(QmpCommands.systemPowerdown());
    }

    @Override
    public void destroy(VmName vm) {
        existing(vm).destroy();
    }

    @Override
    public void reset(VmName vm) {
        existing(vm).ownedQemu().execute(QmpCommands.systemReset());
    }

    @Override
    public void pause(VmName vm) {
        existing(vm).ownedQemu().execute(QmpCommands.stop());
    }

    @Override
    public void resume(VmName vm) {
        existing(vm).resume();
    }

    @Override
    public PrimaryPresence primaryPresence(VmName vm, Alias primary) {
        return new QemuPrimaries(existing(vm)).presence(primary);
    }

    @Override
    public Optional<Boolean> standbyNegotiated(VmName vm, Alias standby) {
        return new QemuPrimaries(existing(vm)).standbyNegotiated(standby);
    }

    @Override
    public void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf) {
        new QemuPrimaries(existing(vm)).plug(primary, assignedVf);
    }

    @Override
    public void unplugPrimary(VmName vm, Alias primary) {
        new QemuPrimaries(existing(vm)).unplug(primary);
    }

    @Override
    public IncomingMigration prepareIncoming(IncomingRequest request) {
        List<Finding> findings = check(request.liveDefinition());
        if (Finding.anyBlocking(findings)) {
            throw new UnderstudyException(
                    "Host %s cannot receive VM %s".formatted(settings.name(), request.vm()), findings);
        }
        return QemuIncomingMigration.prepare(vm(request.vm()), request);
    }

    @Override
    public OutgoingMigration startOutgoing(OutgoingRequest request) {
        return QemuOutgoingMigration.start(existing(request.vm()), request);
    }

    @Override
    public Optional<IncomingMigration> incoming(VmName name) {
        return Optional.ofNullable(vms.get(name))
                .flatMap(vm -> vm.running()
                        .filter(q -> q.run().role() == Role.INCOMING)
                        .map(q -> new QemuIncomingMigration(vm, q)));
    }

    @Override
    public Optional<OutgoingMigration> outgoing(VmName name) {
        return Optional.ofNullable(vms.get(name))
                .flatMap(vm -> vm.folder()
                        .run()
                        .filter(r -> r.role() == Role.OUTGOING || r.role() == Role.SWITCHING)
                        .map(r -> new QemuOutgoingMigration(vm, vm.running())));
    }

    @Override
    public Subscription subscribe(Consumer<HostEvent> consumer) {
        return runtime.events().subscribe(consumer);
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
        vms.values().forEach(v -> v.running().ifPresent(RunningQemu::disconnect));
        runtime.events().close();
        lock.close();
    }
}

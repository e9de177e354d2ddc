// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.libvirt.Domain;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNic;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostDevices;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.spi.VfNetworks;
import org.understudy.libvirt.connect.EventLoop;
import org.understudy.libvirt.connect.LibvirtConnection;
import org.understudy.libvirt.connect.LibvirtConnection.Pace;
import org.understudy.libvirt.connect.LibvirtSettings;
import org.understudy.libvirt.domain.AssignedVfs;
import org.understudy.libvirt.domain.Definitions;
import org.understudy.libvirt.domain.Domains;
import org.understudy.libvirt.domain.GuestAgent;
import org.understudy.libvirt.domain.LibvirtPrimaries;
import org.understudy.libvirt.domain.Monitor;
import org.understudy.libvirt.domain.NodeDevice;
import org.understudy.libvirt.domain.NodeDevices;
import org.understudy.libvirt.domain.PoolNetworks;
import org.understudy.libvirt.domain.VfUse;
import org.understudy.libvirt.event.ChangeNotifier;
import org.understudy.libvirt.event.DomainEvents;
import org.understudy.libvirt.event.DomainStateCache;
import org.understudy.libvirt.event.EventRegistrations;
import org.understudy.libvirt.event.LibvirtEventQueue;
import org.understudy.libvirt.event.OutgoingDomains;
import org.understudy.libvirt.event.StandbyNegotiations;
import org.understudy.libvirt.migrate.Migrations;

/** A host managed by libvirt, reached over one connection. */
public final class LibvirtHost implements Host, VfNetworks, HostDevices {
    private final LibvirtSettings settings;
    private final EventLoop loop;
    private final LibvirtEventQueue events;
    private final DomainStateCache states;
    private final StandbyNegotiations standbyNegotiations = new StandbyNegotiations();
    private final OutgoingDomains outgoingDomains = new OutgoingDomains();
    private final ChangeNotifier networkEvents = new ChangeNotifier("networks");
    private final ChangeNotifier deviceEvents = new ChangeNotifier("devices");
    private final Clock clock = Clock.systemUTC();
    private final LibvirtConnection connection;
    private final Domains domains;
    private final Definitions definitions;
    private final LibvirtPrimaries primaries;
    private final GuestAgent agent;
    private final Migrations migrations;
    private final LibvirtFactsReader facts;
    private final HostDiagnostics hostDiagnostics;
    private final PoolNetworks networks;

    LibvirtHost(LibvirtSettings settings, EventLoop loop, Pace pace) {
        this.settings = settings;
        this.loop = loop;
        this.events = new LibvirtEventQueue(settings.name());
        this.states = new DomainStateCache();
        events.subscribe(states::note);
        events.subscribe(standbyNegotiations::note);
        EventRegistrations registrations = new EventRegistrations(
                new DomainEvents(events, outgoingDomains, clock),
                networkEvents,
                deviceEvents,
                this::publishMissedChanges);
        this.connection = new LibvirtConnection(settings, loop, registrations, pace);
        this.domains = new Domains(connection);
        this.definitions = new Definitions(connection, domains);
        Monitor monitor = new Monitor(domains, pace.answer());
        this.primaries = new LibvirtPrimaries(domains, definitions, monitor, standbyNegotiations::was);
        this.agent = new GuestAgent(domains, definitions);
        this.migrations = new Migrations(settings, domains, monitor, outgoingDomains, events);
        this.facts = new LibvirtFactsReader(settings, connection);
        this.networks = new PoolNetworks(settings.name(), connection);
        this.hostDiagnostics = new HostDiagnostics(settings, registrations::monitored);
        try {
            connection.open();
            states.differences(domains.all(), clock.instant());
        } catch (RuntimeException e) {
            connection.close();
            events.close();
            throw e;
        }
    }

    private void publishMissedChanges() {
        standbyNegotiations.forget();
        states.differences(domains.all(), clock.instant()).stream()
                .filter(e -> !(e instanceof HostEvent.Stopped && outgoingDomains.contains(e.vm())))
                .forEach(events::publish);
        networkEvents.notifyListeners();
        deviceEvents.notifyListeners();
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
    public List<Finding> examine() {
        return hostDiagnostics.of(facts(), obstacles());
    }

    @Override
    public List<Finding> keep(Map<PoolName, List<PciAddress>> pools) {
        return networks.keep(pools);
    }

    @Override
    public Subscription listen(Runnable changed) {
        return networkEvents.listen(changed);
    }

    @Override
    public List<String> devices() {
        return NodeDevices.all(connection);
    }

    @Override
    public Subscription listenForDevices(Runnable changed) {
        return deviceEvents.listen(changed);
    }

    private VfioObstacles obstacles() {
        return new VfioObstacles(
                name(),
                facts.confinement(),
                facts.vfio(),
                settings.isLocal() ? Optional.of(new LocalVfioReader(Path.of("/"))) : Optional.empty(),
                vf -> NodeDevice.find(connection, vf));
    }

    @Override
    public List<HostedVm> vms() {
        return domains.all();
    }

    @Override
    public Optional<HostedVm> find(VmName vm) {
        return domains.find(vm);
    }

    @Override
    public String definition(VmName vm) {
        return definitions.configured(vm);
    }

    @Override
    public Optional<String> liveDefinition(VmName vm) {
        return definitions.live(vm);
    }

    /** libvirt has no call that checks without storing; who stores looks at what was stored. */
    @Override
    public List<Finding> check(String definition) {
        return List.of();
    }

    @Override
    public HostedVm define(String definition) {
        VmName name = definitions.define(definition);
        return domains.find(name)
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.VM_NOT_FOUND, "VM " + name + " was undefined again at once on host " + name()));
    }

    @Override
    public void undefine(VmName vm) {
        definitions.undefine(vm);
    }

    @Override
    public void start(VmName vm, Map<Alias, PciAddress> assignedVfs) {
        requireNoSavedState(vm);
        String stored = definition(vm);
        String definition = AssignedVfs.put(stored, assignedVfs);
        if (definition.equals(stored)) {
            domains.notifyListeners("start", vm, Domain::create);
            return;
        }
        connection.ask("start VM " + vm, c -> {
            c.domainCreateXML(definition, 0).free();
            return true;
        });
    }

    /**
     * A VM that was started afresh would write its disks, and the saved memory would meet those later. libvirt restores it
     * only at a start of the stored definition, whose VFs may be others now.
     */
    private void requireNoSavedState(VmName vm) {
        if (domains.ask("look for saved memory of", vm, d -> d.hasManagedSaveImage() == 1)) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "VM %s on host %s was saved (virsh managedsave) and is to be restored by 'virsh start %1$s';"
                                    .formatted(vm, name())
                            + " 'virsh managedsave-remove " + vm + "' throws its memory away");
        }
    }

    @Override
    public void shutdown(VmName vm) {
        domains.notifyListeners("shut down", vm, Domain::shutdown);
    }

    @Override
    public void destroy(VmName vm) {
        domains.notifyListeners("destroy", vm, Domain::destroy);
    }

    @Override
    public void reset(VmName vm) {
        domains.notifyListeners("reset", vm, Domain::reset);
    }

    @Override
    public void pause(VmName vm) {
        domains.notifyListeners("pause", vm, Domain::suspend);
    }

    @Override
    public void resume(VmName vm) {
        domains.notifyListeners("resume", vm, Domain::resume);
    }

    @Override
    public PrimaryPresence primaryPresence(VmName vm, Alias primary) {
        return primaries.presence(vm, primary);
    }

    @Override
    public Optional<List<GuestNic>> guestNics(VmName vm) {
        return agent.nics(vm);
    }

    @Override
    public Optional<Boolean> standbyNegotiated(VmName vm, Alias standby) {
        return primaries.standbyNegotiated(vm, standby);
    }

    @Override
    public List<Finding> whyWithout(VmName vm, Alias primary) {
        return definitions
                .actual(vm)
                .map(live -> obstacles().of(vm, primary, VfUse.of(live, definition(vm), primary)))
                .orElse(List.of());
    }

    @Override
    public void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf) {
        primaries.plug(vm, primary, assignedVf);
    }

    @Override
    public void unplugPrimary(VmName vm, Alias primary) {
        primaries.unplug(vm, primary);
    }

    @Override
    public IncomingMigration prepareIncoming(IncomingRequest request) {
        return migrations.prepare(request);
    }

    @Override
    public OutgoingMigration startOutgoing(OutgoingRequest request) {
        return migrations.start(request);
    }

    @Override
    public Optional<IncomingMigration> incoming(VmName vm) {
        return migrations.incoming(vm);
    }

    @Override
    public Optional<OutgoingMigration> outgoing(VmName vm) {
        return migrations.outgoing(vm);
    }

    @Override
    public Subscription subscribe(Consumer<HostEvent> consumer) {
        return events.subscribe(consumer);
    }

    @Override
    public void close() {
        connection.close();
        events.close();
        loop.close();
    }
}

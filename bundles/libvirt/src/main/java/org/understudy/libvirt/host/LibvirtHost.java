// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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
import org.understudy.api.spi.GuestNetwork;
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
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.libvirt.connect.EventLoop;
import org.understudy.libvirt.connect.LibvirtConnection;
import org.understudy.libvirt.connect.LibvirtSettings;
import org.understudy.libvirt.connect.LibvirtThreads;
import org.understudy.libvirt.connect.LibvirtTiming;
import org.understudy.libvirt.domain.DomainStart;
import org.understudy.libvirt.domain.Domains;
import org.understudy.libvirt.domain.GuestAgent;
import org.understudy.libvirt.domain.LibvirtDefinitions;
import org.understudy.libvirt.domain.LibvirtDevices;
import org.understudy.libvirt.domain.LibvirtPrimaries;
import org.understudy.libvirt.domain.Monitor;
import org.understudy.libvirt.domain.NodeDevice;
import org.understudy.libvirt.domain.PoolNetworks;
import org.understudy.libvirt.domain.RuntimeAliases;
import org.understudy.libvirt.domain.VfUse;
import org.understudy.libvirt.event.ChangeNotifier;
import org.understudy.libvirt.event.DomainEvents;
import org.understudy.libvirt.event.DomainStateCache;
import org.understudy.libvirt.event.EventRegistrations;
import org.understudy.libvirt.event.OutgoingDomains;
import org.understudy.libvirt.event.StandbyNegotiations;
import org.understudy.libvirt.migrate.LibvirtMigrations;

/** A host managed by libvirt, reached over one connection. */
public final class LibvirtHost implements Host, VfNetworks, HostDevices {
    private final LibvirtSettings settings;
    private final EventLoop loop;
    private final HostEventQueue events;
    private final DomainStateCache states;
    private final StandbyNegotiations standbyNegotiations = new StandbyNegotiations();
    private final OutgoingDomains outgoingDomains = new OutgoingDomains();
    private final ChangeNotifier networkEvents = new ChangeNotifier("networks");
    private final ChangeNotifier deviceEvents = new ChangeNotifier("devices");
    private final ChangeNotifier outageEvents = new ChangeNotifier("connection");
    private final Clock clock = Clock.systemUTC();
    private final LibvirtConnection connection;
    private final Domains domains;
    private final LibvirtDefinitions definitions;
    private final LibvirtPrimaries primaries;
    private final GuestAgent agent;
    private final LibvirtMigrations migrations;
    private final LibvirtFactsReader facts;
    private final HostDiagnostics hostDiagnostics;
    private final PoolNetworks networks;

    LibvirtHost(LibvirtSettings settings, EventLoop loop, LibvirtThreads threads, LibvirtTiming timing) {
        this.settings = settings;
        this.loop = loop;
        this.events = new HostEventQueue(settings.name(), threads.events());
        RuntimeAliases aliases = new RuntimeAliases(this::actualDefinition);
        this.states = new DomainStateCache();
        events.subscribe(states::update);
        events.subscribe(standbyNegotiations::update);
        events.subscribe(aliases::update);
        EventRegistrations registrations = new EventRegistrations(
                new DomainEvents(events, outgoingDomains, aliases::nameOf, SystemScheduler.process()),
                networkEvents,
                deviceEvents,
                outageEvents::notifyListeners,
                this::publishMissedChanges);
        this.connection = new LibvirtConnection(settings, loop, registrations, threads, timing);
        this.domains = new Domains(connection);
        this.definitions = new LibvirtDefinitions(connection, domains);
        Monitor monitor = new Monitor(domains, threads.queries(), timing.monitorTimeout(), settings.hasQemu());
        this.primaries = new LibvirtPrimaries(domains, definitions, aliases, monitor, standbyNegotiations::negotiated);
        this.agent = new GuestAgent(domains, definitions);
        this.migrations = new LibvirtMigrations(settings, domains, monitor, outgoingDomains, events, threads);
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

    private Optional<String> actualDefinition(VmName vm) {
        return definitions.actual(vm);
    }

    private void publishMissedChanges() {
        standbyNegotiations.clear();
        states.differences(domains.all(), clock.instant()).stream()
                .filter(e -> !(e instanceof HostEvent.Stopped && outgoingDomains.contains(e.vm())))
                .forEach(events::publish);
        networkEvents.notifyListeners();
        deviceEvents.notifyListeners();
        outageEvents.notifyListeners();
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
        return LibvirtDevices.all(connection);
    }

    @Override
    public Subscription listenForDevices(Runnable changed) {
        return deviceEvents.listen(changed);
    }

    private VfioObstacles obstacles() {
        return new VfioObstacles(
                name(),
                facts.securityModels(),
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
    public Optional<HostedVm> findByUuid(UUID uuid) {
        return domains.find(uuid);
    }

    @Override
    public String definition(VmName vm) {
        return definitions.configured(vm);
    }

    @Override
    public Optional<String> liveDefinition(VmName vm) {
        return definitions.live(vm);
    }

    @Override
    public Map<VmName, VmDefinitions> definitions(Collection<VmName> vms) {
        return definitions.all(vms);
    }

    /** libvirt cannot validate without storing; callers compare the stored definition instead. */
    @Override
    public List<Finding> check(String definition) {
        return List.of();
    }

    @Override
    public HostedVm define(String definition) {
        VmName name = definitions.define(definition);
        return domains.find(name)
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.VM_NOT_FOUND,
                        "VM " + name + " was undefined on host " + name() + " right after it was defined"));
    }

    @Override
    public void undefine(VmName vm) {
        definitions.undefine(vm);
    }

    @Override
    public void start(VmName vm, Map<Alias, PciAddress> assignedVfs) {
        new DomainStart(connection, domains, definitions).start(vm, assignedVfs);
    }

    @Override
    public void shutdown(VmName vm) {
        domains.run("shut down", vm, Domain::shutdown);
    }

    @Override
    public void destroy(VmName vm) {
        domains.run("destroy", vm, Domain::destroy);
    }

    @Override
    public void reset(VmName vm) {
        domains.run("reset", vm, Domain::reset);
    }

    @Override
    public void pause(VmName vm) {
        domains.run("pause", vm, Domain::suspend);
    }

    @Override
    public void resume(VmName vm) {
        domains.run("resume", vm, Domain::resume);
    }

    /** libvirt taints the domain. */
    @Override
    public boolean marksQueriedVms() {
        return true;
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
    public Optional<GuestNetwork> guestNetwork(VmName vm) {
        return agent.network(vm);
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
    public Optional<String> outage() {
        return connection.outage();
    }

    @Override
    public Subscription listenForOutages(Runnable changed) {
        return outageEvents.listen(changed);
    }

    @Override
    public void close() {
        connection.close();
        events.close();
        loop.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.HostView;
import org.understudy.api.Inventory;
import org.understudy.api.InventoryChange;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.NicInventory;
import org.understudy.api.Pair;
import org.understudy.api.Policies;
import org.understudy.api.Revised;
import org.understudy.api.Subscription;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.EventBroadcaster;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;

/** Keeps the inventory up to date with what is read of the hosts and of their NICs, and with the health of the pairs. */
@Component(
        service = {Inventory.class, InventoryService.class},
        immediate = true)
public final class InventoryService implements Inventory, VmFollower, PairObserver, AutoCloseable {
    /** The longest delay that a host that hangs causes for the first list of VMs. */
    private static final Duration LIST_LIMIT = Duration.ofSeconds(30);
    /** The same for the first list of hosts. */
    private static final Duration HOSTS_LIMIT = Duration.ofSeconds(8);
    /** The longest delay that a host that hangs causes after a command, when its VM is read. */
    private static final Duration REFRESH_LIMIT = Duration.ofSeconds(2);

    /** How often the findings of the configuration are compared: an invalid edit has no other event. */
    private static final Duration FINDINGS_PERIOD = Duration.ofSeconds(2);

    private final HostRegistry hosts;
    private final VmReadings readings;
    private final Policies policies;
    private final Scheduler scheduler;
    private final EventBroadcaster<String, InventoryChange> broadcaster;
    private final FleetState state;
    private final Map<HostName, HostContents> contents = new HashMap<>();
    private final List<Subscription> subscriptions;
    private final Subscription following;
    /** Of the configuration; used by the timer alone. */
    private List<Finding> findings = List.of();

    private final ServiceSubscription<HostNics> nics = new ServiceSubscription<>(served -> served.listen(this::onNics));

    @Activate
    public InventoryService(
            @Reference HostRegistry hosts, @Reference VmReadings readings, @Reference Policies policies) {
        this(hosts, readings, policies, SystemScheduler.process());
    }

    public InventoryService(HostRegistry hosts, VmReadings readings, Policies policies, Scheduler scheduler) {
        this.hosts = hosts;
        this.readings = readings;
        this.policies = policies;
        this.scheduler = scheduler;
        this.broadcaster = new EventBroadcaster<>("understudy-inventory-changes", scheduler, (older, newer) -> newer);
        this.state = new FleetState(change -> broadcaster.sendLast(change.kind() + " " + change.key(), change));
        this.subscriptions = List.of(
                hosts.listenForViews(this::onView, this::onHosts),
                policies.listen(changed -> onHosts()),
                scheduler.every(FINDINGS_PERIOD, this::checkFindings));
        onHosts();
        this.following = readings.follow(this);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public synchronized void setNics(HostNics served) {
        // Changes wait for this monitor, so that they come after the inventories, which are older.
        nics.set(served);
        served.inventories().forEach(this::onNics);
    }

    void unsetNics(HostNics served) {
        nics.unset(served);
        if (nics.service().isEmpty()) {
            synchronized (this) {
                contents.values().forEach(host -> host.nics(Optional.empty()));
                contents.keySet().forEach(this::publish);
                contents.keySet().forEach(this::publishNics);
            }
        }
    }

    @Override
    public InventorySnapshot snapshot() {
        return state.snapshot();
    }

    @Override
    public Subscription listen(Consumer<InventoryChange> listener) {
        return broadcaster.add(listener);
    }

    /** All VMs. Waits for the first reading of hosts that were just opened, for up to 30 s. */
    public VmInventory list() {
        await(LIST_LIMIT, host -> host.reachability().isRead());
        InventorySnapshot now = snapshot();
        return new VmInventory(now.vms().stream().map(Revised::value).toList(), now.findings());
    }

    /** All hosts. Waits for the first reading of hosts that were just opened, for up to 8 s. */
    public List<HostView> hosts() {
        await(HOSTS_LIMIT, HostContents::hasFacts);
        return snapshot().hosts().stream().map(host -> host.value().view()).toList();
    }

    /** The hosts that hold a VM of this address, as last read; none if one of them is not open. Does not block. */
    public List<Host> holders(VmAddress vm) {
        List<Optional<Host>> holders =
                state.holders(vm).stream().map(hosts::open).toList();
        return holders.stream().allMatch(Optional::isPresent)
                ? holders.stream().flatMap(Optional::stream).toList()
                : List.of();
    }

    /** Reads a VM after a command of this server, so that the next list has the effect. */
    public void refresh(HostName host, VmName vm) {
        hosts.open(host).ifPresent(open -> readings.refresh(open, vm, REFRESH_LIMIT));
    }

    private synchronized void await(Duration limit, Predicate<HostContents> condition) {
        Deadline deadline = Deadline.in(scheduler, limit);
        try {
            while (!hosts.all().stream().allMatch(host -> condition.test(of(host.name()))) && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HostContents of(HostName host) {
        return contents.computeIfAbsent(host, HostContents::new);
    }

    /** The hosts or the pools of the configuration have changed, or what is wrong with it. */
    private synchronized void onHosts() {
        List<HostName> names = hosts.names();
        contents.keySet().retainAll(names);
        names.forEach(this::publish);
        state.configure(names, policies.current().pools());
        names.forEach(this::publishNics);
        notifyAll();
    }

    private void checkFindings() {
        List<Finding> now = policies.findings();
        if (!now.equals(findings)) {
            findings = now;
            onHosts();
        }
    }

    private synchronized void onView(HostName host) {
        publish(host);
        notifyAll();
    }

    /** The contents of a host, after a look whether it is open. */
    private HostContents followed(HostName host) {
        HostContents now = of(host);
        now.follow(hosts.open(host), scheduler.instant());
        return now;
    }

    private void publish(HostName host) {
        HostContents now = followed(host);
        hosts.view(host, now.facts(), now.reachability().anyTrouble())
                .ifPresent(view ->
                        state.setHost(now.entry(view), now.reachability().trouble()));
    }

    @Override
    public synchronized void onHost(Host host, Map<VmName, VmReading> vms, Optional<UnansweredHost> trouble) {
        if (isOpen(host)) {
            HostContents now = followed(host.name());
            now.read(vms, trouble, scheduler.instant());
            publish(host.name());
            state.setVms(host.name(), now.vms());
            notifyAll();
        }
    }

    @Override
    public synchronized void onFacts(Host host, Optional<HostFacts> facts, Optional<UnansweredHost> trouble) {
        if (isOpen(host)) {
            followed(host.name()).facts(facts, trouble);
            publish(host.name());
            notifyAll();
        }
    }

    @Override
    public synchronized void onVm(Host host, VmName vm, Optional<VmReading> before, Optional<VmReading> now) {
        if (isOpen(host)) {
            HostContents of = followed(host.name());
            of.read(vm, now);
            state.setVms(host.name(), of.vms());
        }
    }

    @Override
    public synchronized void onPair(HostName host, VmName vm, Alias primary, Optional<Pair> now) {
        Optional.ofNullable(contents.get(host))
                .filter(of -> of.pair(vm, primary, now))
                .ifPresent(of -> state.setVms(host, of.vms()));
    }

    private boolean isOpen(Host host) {
        return hosts.open(host.name()).filter(open -> open == host).isPresent();
    }

    private synchronized void onNics(NicInventory now) {
        of(now.host()).nics(Optional.of(now));
        publish(now.host());
        publishNics(now.host());
    }

    private void publishNics(HostName host) {
        state.setVfs(host, of(host).nics().map(NicInventory::vfs).orElse(List.of()));
        state.setPools(
                host, nics.service().map(served -> served.poolShares(host)).orElse(List.of()));
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        following.close();
        subscriptions.forEach(Subscription::close);
        broadcaster.close();
    }
}

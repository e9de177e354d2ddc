// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfNetworks;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.inventory.HostWatch;

/**
 * Reconciles the networks of hosts that hand out VFs with the pools of the configuration that request a network. Runs
 * whenever a host, its NICs, its networks or the configuration change, and retries while there are findings.
 */
@Component(service = PoolNetworkController.class, immediate = true)
public final class PoolNetworkController implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PoolNetworkController.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(5), Duration.ofMinutes(5));

    private final Hosts hosts;
    private final Policies policies;
    private final Map<HostName, List<Finding>> findings = new ConcurrentHashMap<>();
    private final ServiceSubscription<HostNics> nics =
            new ServiceSubscription<>(served -> served.listen(inventory -> enqueue(inventory.host())));
    private final Map<HostName, Subscription> networkSubscriptions = new ConcurrentHashMap<>();
    private final Controller<HostName> controller;
    private final Subscription changes;
    private final HostWatch watch;

    @Activate
    public PoolNetworkController(@Reference Hosts hosts, @Reference Policies policies) {
        this(hosts, policies, SystemScheduler.process(), BACKOFF);
    }

    PoolNetworkController(Hosts hosts, Policies policies, Scheduler scheduler, Backoff backoff) {
        this.hosts = hosts;
        this.policies = policies;
        this.controller =
                new Controller<>("understudy-networks", scheduler, Function.identity(), backoff, this::reconcile);
        this.changes = policies.listen(changed -> hosts.all().forEach(host -> enqueue(host.name())));
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent, scheduler);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics served) {
        nics.set(served);
        hosts.all().forEach(host -> enqueue(host.name()));
    }

    void unsetNics(HostNics served) {
        nics.unset(served);
    }

    /** Why networks differ from their pools. Does not block. */
    public List<Finding> findings() {
        return findings.values().stream().flatMap(List::stream).toList();
    }

    private void onOpened(Host host) {
        if (host instanceof VfNetworks networks) {
            Optional.ofNullable(networkSubscriptions.put(host.name(), networks.listen(() -> enqueue(host.name()))))
                    .ifPresent(Subscription::close);
        }
        enqueue(host.name());
    }

    /** A network that was in use may now be changed. */
    private void onEvent(Host host, HostEvent event) {
        boolean mayHaveStopped = event instanceof HostEvent.Stopped || event instanceof HostEvent.EventsMissed;
        if (mayHaveStopped && findings.containsKey(host.name())) {
            enqueue(host.name());
        }
    }

    private void enqueue(HostName host) {
        controller.add(host);
    }

    private Controller.Result reconcile(HostName name) {
        try {
            List<Finding> found = hosts.all().stream()
                    .filter(host -> host.name().equals(name) && host instanceof VfNetworks)
                    .findFirst()
                    .map(host -> update(name, (VfNetworks) host))
                    .orElse(List.of());
            updateFindings(name, found);
            return found.isEmpty() ? Controller.Result.done() : Controller.Result.retry();
        } catch (UnderstudyException e) {
            LOG.debug("Host {}: networks could not be checked, retrying: {}", name, e.getMessage());
            return Controller.Result.retry();
        }
    }

    private void updateFindings(HostName name, List<Finding> found) {
        List<Finding> before = Optional.ofNullable(found.isEmpty() ? findings.remove(name) : findings.put(name, found))
                .orElse(List.of());
        found.stream().filter(f -> !before.contains(f)).forEach(f -> LOG.warn("{}", f.message()));
    }

    private List<Finding> update(HostName name, VfNetworks networks) {
        Optional<NicInventory> inventory = nics.service().stream()
                .flatMap(served -> served.inventories().stream())
                .filter(i -> i.host().equals(name) && i.available())
                .findFirst();
        Map<PoolName, List<PciAddress>> wanted = new LinkedHashMap<>();
        for (PoolPolicy pool : policies.current().pools()) {
            if (pool.network().equals(Optional.of(false))) {
                wanted.put(pool.name(), List.of());
            } else if (pool.network().isPresent()) {
                // While the VFs are unknown, the network is not changed.
                inventory.ifPresent(i -> wanted.put(pool.name(), members(i, pool.name())));
            }
        }
        return wanted.isEmpty() ? List.of() : networks.keep(wanted);
    }

    private static List<PciAddress> members(NicInventory inventory, PoolName pool) {
        return inventory.vfs().stream()
                .filter(vf -> vf.pools().contains(pool) && vf.state() != VfState.FAULT)
                .map(VfView::address)
                .sorted()
                .toList();
    }

    @Override
    @Deactivate
    public void close() {
        nics.close();
        changes.close();
        watch.close();
        networkSubscriptions.values().forEach(Subscription::close);
        controller.close();
    }
}

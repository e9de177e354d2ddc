// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
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
import org.understudy.core.watch.HostWatch;
import org.understudy.core.watch.Lanes;
import org.understudy.core.watch.Retries;

/**
 * Keeps the networks of hosts that hand out VFs in step with the pools of the configuration, where it wants that. Looks at
 * how things are whenever a host, its NICs, its networks or the configuration change, and again where something could not be
 * done.
 */
@Component(service = NetworkKeeper.class, immediate = true)
public final class NetworkKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkKeeper.class);
    private static final Duration LOOK_FOR_HOSTS = Duration.ofSeconds(2);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);

    private final Hosts hosts;
    private final Policies policies;
    private final Map<HostName, List<Finding>> findings = new ConcurrentHashMap<>();
    private final AtomicReference<Optional<HostNics>> nics = new AtomicReference<>(Optional.empty());
    private final AtomicReference<Subscription> nicNews = new AtomicReference<>(() -> {});
    private final Lanes lanes = new Lanes("understudy-networks");
    private final Set<HostName> planned = ConcurrentHashMap.newKeySet();
    private final Map<HostName, Subscription> networkNews = new ConcurrentHashMap<>();
    private final Retries<HostName> retries;
    private final Subscription changes;
    private final HostWatch watch;

    @Activate
    public NetworkKeeper(@Reference Hosts hosts, @Reference Policies policies) {
        this(hosts, policies, FIRST_PAUSE);
    }

    NetworkKeeper(Hosts hosts, Policies policies, Duration firstPause) {
        this.hosts = hosts;
        this.policies = policies;
        this.retries = new Retries<>(lanes, Function.identity(), firstPause, this::keep);
        this.changes = policies.listen(changed -> hosts.all().forEach(host -> later(host.name())));
        this.watch = new HostWatch(hosts, this::onOpened, this::onEvent, LOOK_FOR_HOSTS);
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setNics(HostNics served) {
        nics.set(Optional.of(served));
        nicNews.getAndSet(served.listen(inventory -> later(inventory.host()))).close();
        hosts.all().forEach(host -> later(host.name()));
    }

    void unsetNics(HostNics served) {
        nics.updateAndGet(now -> now.filter(n -> n != served));
        nicNews.getAndSet(() -> {}).close();
    }

    /** Why networks are not in step. Answers at once. */
    public List<Finding> findings() {
        return findings.values().stream().flatMap(List::stream).toList();
    }

    private void onOpened(Host host) {
        if (host instanceof VfNetworks networks) {
            Optional.ofNullable(networkNews.put(host.name(), networks.listen(() -> later(host.name()))))
                    .ifPresent(Subscription::close);
        }
        later(host.name());
    }

    /** A network that was in use may be free. */
    private void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.Stopped && findings.containsKey(host.name())) {
            later(host.name());
        }
    }

    /** However much news comes of a host, it is looked at once. */
    private void later(HostName host) {
        if (planned.add(host)) {
            lanes.run(host, () -> {
                planned.remove(host);
                keep(host);
            });
        }
    }

    /** An exception would end the looking. */
    private void keep(HostName name) {
        try {
            List<Finding> found = hosts.all().stream()
                    .filter(host -> host.name().equals(name) && host instanceof VfNetworks)
                    .findFirst()
                    .map(host -> keep(name, (VfNetworks) host))
                    .orElse(List.of());
            tell(name, found);
            if (!found.isEmpty()) {
                retries.refused(name);
            }
        } catch (UnderstudyException e) {
            LOG.debug("The networks of host {} are looked at later: {}", name, e.getMessage());
            retries.refused(name);
        } catch (RuntimeException e) {
            LOG.error("The networks of host {} could not be looked at", name, e);
        }
    }

    private void tell(HostName name, List<Finding> found) {
        List<Finding> before = Optional.ofNullable(found.isEmpty() ? findings.remove(name) : findings.put(name, found))
                .orElse(List.of());
        found.stream().filter(f -> !before.contains(f)).forEach(f -> LOG.warn("{}", f.message()));
    }

    private List<Finding> keep(HostName name, VfNetworks networks) {
        Optional<NicInventory> inventory = nics.get().stream()
                .flatMap(served -> served.inventories().stream())
                .filter(i -> i.host().equals(name) && i.available())
                .findFirst();
        Map<PoolName, List<PciAddress>> wanted = new LinkedHashMap<>();
        for (PoolPolicy pool : policies.current().pools()) {
            if (pool.network().equals(Optional.of(false))) {
                wanted.put(pool.name(), List.of());
            } else if (pool.network().isPresent()) {
                // While nobody knows what VFs there are, the network stays as it is.
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
        nicNews.get().close();
        changes.close();
        watch.close();
        networkNews.values().forEach(Subscription::close);
        lanes.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.Policies;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.PoolView;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Hosts;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.host.HostNicAccess.Delays;
import org.understudy.hostnic.pool.PoolMembership;

/** Accesses the NICs of all configured hosts, follows configuration changes, and publishes inventories. */
@Component(
        service = {HostNics.class, HostNicService.class},
        immediate = true)
public final class HostNicService implements HostNics {
    private static final Logger LOG = LoggerFactory.getLogger(HostNicService.class);

    private final Policies policies;
    private final AtomicReference<Optional<Hosts>> hosts;
    private final Function<HostPolicy, Optional<SriovBackend>> opener;
    private final Delays delays;
    private final Subscription changes;
    private final AtomicReference<Subscription> hostChanges = new AtomicReference<>(() -> {});
    private final List<Consumer<NicInventory>> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService notifier = Executors.newSingleThreadExecutor(r -> {
        Thread thread = new Thread(r, "understudy-nics-events");
        thread.setDaemon(true);
        return thread;
    });
    /** Inventories to deliver; a newer inventory of a host replaces an older one. */
    private final Map<HostName, NicInventory> pending = new LinkedHashMap<>();

    private Map<HostName, HostNicAccess> accesses = new LinkedHashMap<>();

    @Activate
    public HostNicService(BundleContext bundle, @Reference Policies policies) {
        this(policies, ServerId.of(bundle), Delays.DEFAULT);
    }

    HostNicService(Policies policies, ServerId server, Delays delays) {
        this(policies, new AtomicReference<>(Optional.empty()), server, delays);
    }

    private HostNicService(Policies policies, AtomicReference<Optional<Hosts>> hosts, ServerId server, Delays delays) {
        this(policies, hosts, new NicAccessFactory(server, hosts::get)::open, delays);
    }

    HostNicService(Policies policies, Function<HostPolicy, Optional<SriovBackend>> opener, Delays delays) {
        this(policies, new AtomicReference<>(Optional.empty()), opener, delays);
    }

    private HostNicService(
            Policies policies,
            AtomicReference<Optional<Hosts>> hosts,
            Function<HostPolicy, Optional<SriovBackend>> opener,
            Delays delays) {
        this.policies = policies;
        this.hosts = hosts;
        this.opener = opener;
        this.delays = delays;
        this.changes = policies.listen(changed -> applyPolicies());
        applyPolicies();
    }

    /** Some hosts supply their NICs themselves; an access that needs one retries until it is available. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setHosts(Hosts opened) {
        hosts.set(Optional.of(opened));
        hostChanges.getAndSet(opened.listen(this::applyPolicies)).close();
        applyPolicies();
    }

    void unsetHosts(Hosts opened) {
        hosts.updateAndGet(now -> now.filter(h -> h != opened));
    }

    @Deactivate
    public void close() {
        changes.close();
        hostChanges.get().close();
        current().forEach(HostNicAccess::close);
        notifier.shutdownNow();
    }

    /** Keeps the accesses whose options are unchanged. */
    private void applyPolicies() {
        replaceAccesses().forEach(HostNicAccess::close);
    }

    /** @return accesses that are no longer needed */
    private synchronized Collection<HostNicAccess> replaceAccesses() {
        Map<HostName, HostNicAccess> before = new HashMap<>(accesses);
        Map<HostName, HostNicAccess> after = new LinkedHashMap<>();
        for (HostPolicy configured : policies.current().hosts()) {
            HostPolicy wanted = optionsInForce(configured.name()).orElse(configured);
            Optional<HostNicAccess> old = Optional.ofNullable(before.remove(wanted.name()));
            if (old.filter(access -> access.keepsWith(wanted)).isPresent()) {
                old.get().reassignPools();
                after.put(wanted.name(), old.get());
            } else {
                after.put(wanted.name(), access(wanted));
                old.ifPresent(unused -> before.put(wanted.name(), unused));
            }
        }
        // A removed host stays open until the work on it has ended.
        before.forEach((name, old) -> {
            if (!after.containsKey(name) && optionsInForce(name).isPresent()) {
                after.put(name, old);
            }
        });
        accesses = after;
        before.values().removeAll(after.values());
        return before.values();
    }

    /** While work holds a host, or new options are wrong, these are older than those of the configuration. */
    private Optional<HostPolicy> optionsInForce(HostName host) {
        return hosts.get().flatMap(opened -> opened.optionsInForce(host));
    }

    private HostNicAccess access(HostPolicy wanted) {
        return new HostNicAccess(
                wanted, () -> opener.apply(wanted), this::poolMembership, this::notifyListeners, delays);
    }

    private PoolMembership poolMembership() {
        return new PoolMembership(policies.current().pools());
    }

    private synchronized List<HostNicAccess> current() {
        return List.copyOf(accesses.values());
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_NOT_FOUND} */
    HostNicAccess access(HostName host) {
        return current().stream()
                .filter(s -> s.policy().name().equals(host))
                .findFirst()
                .orElseThrow(() ->
                        new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "Host '" + host + "' is not configured"));
    }

    @Override
    public List<NicInventory> inventories() {
        return current().stream().map(HostNicAccess::inventory).toList();
    }

    @Override
    public List<PoolView> pools() {
        return poolMembership().views(inventories());
    }

    @Override
    public Subscription listen(Consumer<NicInventory> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    private void notifyListeners(NicInventory inventory) {
        boolean first;
        synchronized (pending) {
            first = pending.isEmpty();
            pending.put(inventory.host(), inventory);
        }
        if (first) {
            try {
                notifier.execute(this::deliverPending);
            } catch (RejectedExecutionException e) {
                LOG.debug("Inventory of host {} dropped: service is closed", inventory.host(), e);
            }
        }
    }

    private void deliverPending() {
        for (Optional<NicInventory> next = nextPending(); next.isPresent(); next = nextPending()) {
            for (Consumer<NicInventory> listener : listeners) {
                notifyListeners(listener, next.get());
            }
        }
    }

    private Optional<NicInventory> nextPending() {
        synchronized (pending) {
            Optional<NicInventory> next = pending.values().stream().findFirst();
            next.ifPresent(inventory -> pending.remove(inventory.host()));
            return next;
        }
    }

    private static void notifyListeners(Consumer<NicInventory> listener, NicInventory inventory) {
        try {
            listener.accept(inventory);
        } catch (RuntimeException | Error e) {
            LOG.warn("Host {}: listener of the NIC inventory failed", inventory.host(), e);
        }
    }
}

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
import org.understudy.hostnic.host.HostNicAccess.Waits;
import org.understudy.hostnic.pool.PoolMembership;

/** Reaches the NICs of all hosts of the configuration, while it changes, and tells what they are like. */
@Component(
        service = {HostNics.class, HostNicService.class},
        immediate = true)
public final class HostNicService implements HostNics {
    private static final Logger LOG = LoggerFactory.getLogger(HostNicService.class);

    private final Policies policies;
    private final AtomicReference<Optional<Hosts>> hosts;
    private final Function<HostPolicy, Optional<SriovBackend>> opener;
    private final Waits waits;
    private final Subscription changes;
    private final List<Consumer<NicInventory>> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService herald = Executors.newSingleThreadExecutor(r -> {
        Thread thread = new Thread(r, "understudy-nics-news");
        thread.setDaemon(true);
        return thread;
    });
    /** Not delivered yet; a newer inventory of a host replaces an older one. */
    private final Map<HostName, NicInventory> news = new LinkedHashMap<>();

    private Map<HostName, HostNicAccess> slots = new LinkedHashMap<>();

    @Activate
    public HostNicService(BundleContext bundle, @Reference Policies policies) {
        this(policies, ServerId.of(bundle), Waits.USUAL);
    }

    HostNicService(Policies policies, ServerId server, Waits waits) {
        this(policies, new AtomicReference<>(Optional.empty()), server, waits);
    }

    private HostNicService(Policies policies, AtomicReference<Optional<Hosts>> hosts, ServerId server, Waits waits) {
        this(policies, hosts, new NicAccessFactory(server, hosts::get)::open, waits);
    }

    HostNicService(Policies policies, Function<HostPolicy, Optional<SriovBackend>> opener, Waits waits) {
        this(policies, new AtomicReference<>(Optional.empty()), opener, waits);
    }

    private HostNicService(
            Policies policies,
            AtomicReference<Optional<Hosts>> hosts,
            Function<HostPolicy, Optional<SriovBackend>> opener,
            Waits waits) {
        this.policies = policies;
        this.hosts = hosts;
        this.opener = opener;
        this.waits = waits;
        this.changes = policies.listen(changed -> follow());
        follow();
    }

    /** Some of them tell of their NICs themselves; a slot that needs one tries again until it is there. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setHosts(Hosts opened) {
        hosts.set(Optional.of(opened));
    }

    void unsetHosts(Hosts opened) {
        hosts.updateAndGet(now -> now.filter(h -> h != opened));
    }

    @Deactivate
    public void close() {
        changes.close();
        current().forEach(HostNicAccess::close);
        herald.shutdownNow();
    }

    /** Keeps the slots whose host is reached as before. */
    private void follow() {
        replaceSlots().forEach(HostNicAccess::close);
    }

    /** @return those that are not needed any more */
    private synchronized Collection<HostNicAccess> replaceSlots() {
        Map<HostName, HostNicAccess> before = new HashMap<>(slots);
        Map<HostName, HostNicAccess> after = new LinkedHashMap<>();
        for (HostPolicy wanted : policies.current().hosts()) {
            HostNicAccess kept = before.get(wanted.name());
            if (kept != null && kept.policy().equals(wanted)) {
                kept.regroup();
                after.put(wanted.name(), before.remove(wanted.name()));
            } else {
                after.put(
                        wanted.name(),
                        new HostNicAccess(
                                wanted,
                                () -> opener.apply(wanted),
                                this::poolMembership,
                                this::notifyListeners,
                                waits));
            }
        }
        slots = after;
        return before.values();
    }

    private PoolMembership poolMembership() {
        return new PoolMembership(policies.current().pools());
    }

    private synchronized List<HostNicAccess> current() {
        return List.copyOf(slots.values());
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_NOT_FOUND} */
    HostNicAccess slot(HostName host) {
        return current().stream()
                .filter(s -> s.policy().name().equals(host))
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HOST_NOT_FOUND, "The configuration has no host '" + host + "'"));
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
        synchronized (news) {
            first = news.isEmpty();
            news.put(inventory.host(), inventory);
        }
        if (first) {
            try {
                herald.execute(this::tellNews);
            } catch (RejectedExecutionException e) {
                LOG.debug("Closed already", e);
            }
        }
    }

    private void tellNews() {
        for (Optional<NicInventory> next = takeNews(); next.isPresent(); next = takeNews()) {
            for (Consumer<NicInventory> listener : listeners) {
                notifyListeners(listener, next.get());
            }
        }
    }

    private Optional<NicInventory> takeNews() {
        synchronized (news) {
            Optional<NicInventory> next = news.values().stream().findFirst();
            next.ifPresent(inventory -> news.remove(inventory.host()));
            return next;
        }
    }

    private static void notifyListeners(Consumer<NicInventory> listener, NicInventory inventory) {
        try {
            listener.accept(inventory);
        } catch (RuntimeException | Error e) {
            LOG.warn("A listener of NICs failed", e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.Policies;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.PoolShare;
import org.understudy.api.PoolView;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.ServerIdentity;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.EventBroadcaster;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.ServiceSubscription;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.hostnic.pool.PoolMembership;

/** Accesses the NICs of all configured hosts, follows configuration changes, and publishes inventories. */
@Component(
        service = {HostNics.class, HostNicService.class},
        immediate = true)
public final class HostNicService implements HostNics {
    private static final Backoff RETRIES = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(32));

    private final Policies policies;
    private final BackendOpener opener;
    private final EventBroadcaster<HostName, NicInventory> listeners;
    private final Controller<HostNicAccess> controller;
    private final ExecutorService closers;
    private final Subscription changes;
    private final ServiceSubscription<Hosts> hosts =
            new ServiceSubscription<>(opened -> opened.listen(this::followHosts));
    private Map<HostName, HostNicAccess> accesses = new LinkedHashMap<>();

    @Activate
    public HostNicService(@Reference Policies policies, @Reference ServerIdentity identity) {
        this(policies, new ServerId(identity.id()), SystemScheduler.process());
    }

    HostNicService(Policies policies, ServerId server, Scheduler scheduler) {
        this(policies, new NicAccessFactory(server, scheduler), scheduler);
    }

    HostNicService(Policies policies, BackendOpener opener, Scheduler scheduler) {
        this.policies = policies;
        this.opener = opener;
        this.listeners = new EventBroadcaster<>("understudy-nics-events", scheduler, (older, newer) -> newer);
        this.controller = new Controller<>(
                "understudy-nics", scheduler, access -> access.policy().name(), RETRIES, HostNicAccess::process);
        this.closers = scheduler.pool("understudy-nics-close");
        this.changes = policies.listen(changed -> applyPolicies());
        applyPolicies();
    }

    /** Some hosts supply their NICs themselves; an access that needs one retries until it is available. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    public void setHosts(Hosts opened) {
        opener.setHosts(opened);
        hosts.set(opened);
        followHosts();
    }

    void unsetHosts(Hosts opened) {
        opener.unsetHosts(opened);
        hosts.unset(opened);
    }

    @Deactivate
    public void close() {
        changes.close();
        hosts.close();
        current().forEach(HostNicAccess::close);
        controller.close();
        listeners.close();
        closers.shutdown();
        opener.close();
    }

    private void applyPolicies() {
        followHosts();
        current().forEach(HostNicAccess::reassignPools);
    }

    /** Keeps the accesses whose options are unchanged. */
    private void followHosts() {
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
                after.put(wanted.name(), old.get());
            } else {
                HostNicAccess fresh = create(wanted);
                after.put(wanted.name(), fresh);
                controller.add(fresh);
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
        return hosts.service().flatMap(opened -> opened.optionsInForce(host));
    }

    private HostNicAccess create(HostPolicy policy) {
        return new HostNicAccess(
                policy,
                new BackendConnection(policy.name(), () -> opener.open(policy), closers),
                new HostInventory(policy, this::poolMembership, fresh -> listeners.send(policy.name(), fresh)),
                controller);
    }

    private PoolMembership poolMembership() {
        return new PoolMembership(policies.current().pools());
    }

    private synchronized List<HostNicAccess> current() {
        return List.copyOf(accesses.values());
    }

    private synchronized Optional<HostNicAccess> find(HostName host) {
        return Optional.ofNullable(accesses.get(host));
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_NOT_FOUND} */
    HostNicAccess access(HostName host) {
        return find(host)
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
    public List<PoolShare> poolShares(HostName host) {
        return find(host).map(HostNicAccess::inventory).stream()
                .flatMap(inventory -> poolMembership().shares(inventory).stream())
                .toList();
    }

    @Override
    public Subscription listen(Consumer<NicInventory> listener) {
        return listeners.add(listener);
    }
}

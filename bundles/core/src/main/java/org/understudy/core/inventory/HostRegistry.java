// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Policies;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.FanOut;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/**
 * Keeps the hosts of the configuration open, follows changes of the configuration and of the connectors, and publishes
 * the open hosts. Only {@link #views} blocks for answers of hosts.
 */
@Component(
        service = {Hosts.class, HostRegistry.class},
        immediate = true)
public final class HostRegistry implements Hosts {
    private static final Logger LOG = LoggerFactory.getLogger(HostRegistry.class);
    private static final Backoff REOPEN_BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(64));
    private static final Duration CLOSING_LIMIT = Duration.ofSeconds(5);

    private final Map<String, HostConnector> connectors = new ConcurrentHashMap<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Policies policies;
    private final ExecutorService opening;
    private final ExecutorService closing;
    private final ManagedHost.Shared shared;
    private final Subscription changes;
    private Map<HostName, ManagedHost> managedHosts = new LinkedHashMap<>();
    /** Hosts of earlier configurations that are not closed yet. */
    private final Map<HostName, CompletableFuture<Void>> closingHosts = new HashMap<>();

    @Activate
    public HostRegistry(@Reference Policies policies) {
        this(policies, SystemScheduler.process(), REOPEN_BACKOFF);
    }

    public HostRegistry(Policies policies, Scheduler scheduler, Backoff reopenBackoff) {
        this.policies = policies;
        this.opening = scheduler.pool("understudy-hosts");
        this.closing = scheduler.pool("understudy-hosts-closing");
        this.shared = new ManagedHost.Shared(scheduler, opening, closing, reopenBackoff, this::notifyListeners);
        this.changes = policies.listen(changed -> applyPolicies());
        applyPolicies();
    }

    /** Waits up to 5 s until the hosts are closed. */
    @Deactivate
    public void close() {
        changes.close();
        opening.shutdownNow();
        await(current().stream().map(ManagedHost::close).toList());
        closing.shutdown();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addConnector(HostConnector connector) {
        connectors.put(connector.kind(), connector);
        current().stream()
                .filter(s -> s.policy().connector().equals(connector.kind()))
                .forEach(ManagedHost::open);
    }

    /** Waits up to 5 s until the connector's hosts are closed, as its bundle may be removed next. */
    void removeConnector(HostConnector connector) {
        connectors.remove(connector.kind(), connector);
        await(current().stream()
                .map(managedHost -> managedHost.connectorRemoved(connector))
                .toList());
    }

    private static void await(List<CompletableFuture<Void>> closings) {
        try {
            CompletableFuture.allOf(closings.toArray(CompletableFuture[]::new))
                    .get(CLOSING_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("Closing hosts takes longer than {} s, continuing in the background", CLOSING_LIMIT.toSeconds());
        } catch (ExecutionException e) {
            LOG.warn("Closing hosts failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Keeps hosts whose policy is unchanged. A host whose policy changed is closed before its successor opens. */
    private void applyPolicies() {
        Collection<ManagedHost> now;
        synchronized (this) {
            Map<HostName, ManagedHost> before = new HashMap<>(managedHosts);
            Map<HostName, ManagedHost> after = new LinkedHashMap<>();
            closingHosts.values().removeIf(CompletableFuture::isDone);
            for (HostPolicy wanted : policies.current().hosts()) {
                ManagedHost old = before.get(wanted.name());
                if (old != null && old.policy().equals(wanted)) {
                    after.put(wanted.name(), before.remove(wanted.name()));
                } else {
                    after.put(wanted.name(), successor(wanted, Optional.ofNullable(before.remove(wanted.name()))));
                }
            }
            before.values().forEach(this::closeInBackground);
            managedHosts = after;
            now = List.copyOf(after.values());
        }
        now.forEach(ManagedHost::open);
        notifyListeners();
    }

    private ManagedHost successor(HostPolicy wanted, Optional<ManagedHost> old) {
        old.ifPresent(this::closeInBackground);
        CompletableFuture<Void> predecessor =
                closingHosts.getOrDefault(wanted.name(), CompletableFuture.completedFuture(null));
        return new ManagedHost(wanted, () -> connector(wanted), shared, predecessor);
    }

    private void closeInBackground(ManagedHost managedHost) {
        closingHosts.merge(
                managedHost.policy().name(),
                managedHost.close(),
                (older, newer) -> CompletableFuture.allOf(older, newer));
    }

    @Override
    public Subscription listen(Runnable changed) {
        listeners.add(changed);
        return () -> listeners.remove(changed);
    }

    private void notifyListeners() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                LOG.warn("Listener of open hosts: unhandled exception", e);
            }
        }
    }

    private Optional<HostConnector> connector(HostPolicy wanted) {
        return Optional.ofNullable(connectors.get(wanted.connector()));
    }

    private synchronized List<ManagedHost> current() {
        return List.copyOf(managedHosts.values());
    }

    @Override
    public List<Host> all() {
        return current().stream().flatMap(s -> s.host().stream()).toList();
    }

    /** @throws UnderstudyException also {@link ErrorCode#HOST_UNAVAILABLE} if it is configured but not open */
    @Override
    public Host host(HostName name) {
        return current().stream()
                .filter(s -> s.policy().name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "Host '" + name + "' is not configured"))
                .require();
    }

    /** Every host of the configuration, in its order, open or not. Blocks for their answers. */
    public List<HostView> views() {
        return FanOut.call(current(), ManagedHost::view);
    }

    /** The hosts of the configuration that are not open; their VMs are unknown. */
    public List<HostName> unopened() {
        return current().stream()
                .filter(s -> s.host().isEmpty())
                .map(s -> s.policy().name())
                .toList();
    }
}

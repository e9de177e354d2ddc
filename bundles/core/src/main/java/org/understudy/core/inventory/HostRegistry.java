// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.ArrayList;
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
import java.util.concurrent.RejectedExecutionException;
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
import org.understudy.api.Finding;
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

    private final Map<HostName, HostChange> pendingChanges = new HashMap<>();
    private final HostWork work = new HostWork();

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
        pending().forEach(this::check);
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

    /**
     * Opens new hosts. New options of an open host, and its removal, take effect when they are checked and no work on it is
     * left.
     */
    private void applyPolicies() {
        List<HostChange> unchecked = new ArrayList<>();
        synchronized (this) {
            Map<HostName, ManagedHost> before = new LinkedHashMap<>(managedHosts);
            Map<HostName, ManagedHost> after = new LinkedHashMap<>();
            Map<HostName, HostChange> formerChanges = new HashMap<>(pendingChanges);
            pendingChanges.clear();
            closingHosts.values().removeIf(CompletableFuture::isDone);
            for (HostPolicy wanted : policies.current().hosts()) {
                Optional<ManagedHost> old = Optional.ofNullable(before.remove(wanted.name()));
                after.put(wanted.name(), old.orElseGet(() -> successor(wanted)));
                if (old.isPresent() && !old.get().policy().equals(wanted)) {
                    HostChange change = Optional.ofNullable(formerChanges.get(wanted.name()))
                            .filter(former -> former.wanted().equals(Optional.of(wanted)))
                            .orElseGet(() -> HostChange.options(wanted, isAccepted(old.get(), wanted)));
                    pendingChanges.put(wanted.name(), change);
                    unchecked.add(change);
                }
            }
            before.forEach((name, removed) -> {
                after.put(name, removed);
                pendingChanges.put(name, HostChange.removal(name));
            });
            managedHosts = after;
            List.copyOf(pendingChanges.keySet()).forEach(this::applyChange);
        }
        unchecked.forEach(this::check);
        current().forEach(ManagedHost::open);
        notifyListeners();
    }

    /** A host that is not open has no options that would be worth keeping. */
    private static boolean isAccepted(ManagedHost old, HostPolicy wanted) {
        return old.isOpenedLike(wanted) || old.host().isEmpty();
    }

    /** Checks new options in the background, and again with a backoff while they are wrong. */
    private void check(HostChange change) {
        if (change.isAccepted() || !isPending(change)) {
            return;
        }
        try {
            opening.execute(() -> {
                int failures = change.check(change.wanted().flatMap(this::connector));
                if (failures == 0) {
                    applyAndOpen(change.name());
                } else if (isPending(change)) {
                    shared.scheduler().after(shared.backoff().pause(failures), () -> check(change));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: server is stopping, new options are not checked", change.name());
        }
    }

    private synchronized List<HostChange> pending() {
        return List.copyOf(pendingChanges.values());
    }

    private synchronized boolean isPending(HostChange change) {
        return pendingChanges.get(change.name()) == change;
    }

    private void applyAndOpen(HostName name) {
        Optional<ManagedHost> opened = Optional.empty();
        synchronized (this) {
            if (!applyChange(name)) {
                return;
            }
            opened = Optional.ofNullable(managedHosts.get(name));
        }
        opened.ifPresent(ManagedHost::open);
        notifyListeners();
    }

    /** Applies the pending change of a host if nothing delays it. Called with the lock held. */
    private boolean applyChange(HostName name) {
        HostChange change = pendingChanges.get(name);
        ManagedHost old = managedHosts.get(name);
        if (change == null || !change.isAccepted()) {
            return false;
        }
        List<String> running = work.on(name);
        if (!running.isEmpty() && old.host().isPresent()) {
            change.waiting(running).ifPresent(f -> LOG.info("{}", f.message()));
            return false;
        }
        pendingChanges.remove(name);
        if (change.wanted().isEmpty()) {
            managedHosts.remove(name);
            closeInBackground(old);
        } else if (old.isOpenedLike(change.wanted().get())) {
            old.adopt(change.wanted().get());
        } else {
            closeInBackground(old);
            managedHosts.put(name, successor(change.wanted().get()));
        }
        return true;
    }

    @Override
    public Subscription hold(Host host, String what) {
        HostWork.Piece piece;
        synchronized (this) {
            ManagedHost now = managedHosts.get(host.name());
            if (now == null || !now.host().equals(Optional.of(host))) {
                throw new UnderstudyException(
                        ErrorCode.HOST_UNAVAILABLE, "Host " + host.name() + " was closed or opened again meanwhile");
            }
            piece = work.begin(host.name(), what);
        }
        return () -> release(piece);
    }

    private void release(HostWork.Piece piece) {
        synchronized (this) {
            work.end(piece);
        }
        applyAndOpen(piece.host());
    }

    @Override
    public synchronized Optional<Finding> pendingChange(HostName host) {
        return Optional.ofNullable(pendingChanges.get(host)).flatMap(change -> change.waiting(work.on(host)));
    }

    @Override
    public synchronized Optional<HostPolicy> optionsInForce(HostName host) {
        return Optional.ofNullable(managedHosts.get(host)).map(ManagedHost::policy);
    }

    /** Is opened after earlier hosts of this name are closed. */
    private ManagedHost successor(HostPolicy wanted) {
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
        return FanOut.call(current(), managedHost -> withChange(managedHost.view()));
    }

    /** Adds what delays or prevents the use of new options. */
    private HostView withChange(HostView view) {
        String subject = "host " + view.name();
        List<Finding> findings = new ArrayList<>(view.findings());
        policies.findings().stream().filter(f -> f.subject().equals(subject)).forEach(findings::add);
        synchronized (this) {
            Optional.ofNullable(pendingChanges.get(view.name()))
                    .flatMap(change -> change.finding(work.on(view.name())))
                    .ifPresent(findings::add);
        }
        return new HostView(view.name(), view.connector(), view.available(), view.summary(), List.copyOf(findings));
    }

    /** The hosts of the configuration that are not open; their VMs are unknown. */
    public List<HostName> unopened() {
        return current().stream()
                .filter(s -> s.host().isEmpty())
                .map(s -> s.policy().name())
                .toList();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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
import java.util.function.Consumer;
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
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.DeadlineFanOut;
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
    private static final Duration OPENING_LIMIT = Duration.ofSeconds(5);
    /** The longest delay that a host that hangs causes for the list of hosts. */
    private static final Duration VIEW_LIMIT = Duration.ofSeconds(8);

    private final Map<String, HostConnector> connectors = new ConcurrentHashMap<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Consumer<HostName>> viewListeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> configurationListeners = new CopyOnWriteArrayList<>();
    private final Policies policies;
    private final ExecutorService opening;
    private final ExecutorService closing;
    private final ManagedHost.Shared shared;
    private final Subscription changes;
    private final ManagedHosts hosts;
    private final DeadlineFanOut fanOut;

    @Activate
    public HostRegistry(@Reference Policies policies) {
        this(policies, SystemScheduler.process(), REOPEN_BACKOFF);
    }

    public HostRegistry(Policies policies, Scheduler scheduler, Backoff reopenBackoff) {
        this.policies = policies;
        this.opening = scheduler.hostPool("understudy-hosts");
        this.closing = scheduler.hostPool("understudy-hosts-closing");
        this.shared = new ManagedHost.Shared(
                scheduler, opening, closing, reopenBackoff, this::onChanged, this::notifyViewListeners);
        this.hosts = new ManagedHosts(this::connector, shared);
        this.fanOut = new DeadlineFanOut(scheduler);
        this.changes = policies.listen(changed -> applyPolicies());
        applyPolicies();
    }

    /** Waits up to 5 s until the hosts are closed. */
    @Deactivate
    public void close() {
        changes.close();
        opening.shutdownNow();
        fanOut.close();
        await(hosts.all().stream().map(ManagedHost::close).toList());
        closing.shutdown();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addConnector(HostConnector connector) {
        connectors.put(connector.kind(), connector);
        hosts.all().stream()
                .filter(s -> s.policy().connector().equals(connector.kind()))
                .forEach(ManagedHost::open);
        hosts.changes().forEach(this::check);
    }

    /** Waits up to 5 s until the connector's hosts are closed, as its bundle may be removed next. */
    void removeConnector(HostConnector connector) {
        connectors.remove(connector.kind(), connector);
        await(hosts.all().stream()
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

    /** Opens new hosts at once; what changes or removes an open one may wait. */
    private void applyPolicies() {
        hosts.configure(policies.current().hosts());
        hosts.changes().forEach(this::check);
        openAndNotify();
    }

    private void openAndNotify() {
        hosts.all().forEach(ManagedHost::open);
        configurationListeners.forEach(HostRegistry::deliver);
        notifyListeners();
    }

    /** Checks new options in the background, and again with a backoff while they are wrong. */
    private void check(HostChange change) {
        if (change.isAccepted() || !hosts.isPending(change) || !change.beginCheck()) {
            return;
        }
        try {
            opening.execute(() -> {
                int failures = change.check(change.wanted().flatMap(this::connector));
                notifyViewListeners(change.name());
                if (failures > 0) {
                    change.nextCheck(shared.scheduler().after(shared.backoff().pause(failures), () -> check(change)));
                } else if (hosts.apply(change.name())) {
                    openAndNotify();
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: server is stopping, new options are not checked", change.name());
        }
    }

    @Override
    public Subscription hold(Host host, String what) {
        HostWork.Piece piece = hosts.begin(host, what);
        return () -> {
            if (hosts.end(piece)) {
                openAndNotify();
            } else if (!hosts.findings(host.name()).isEmpty()) {
                notifyViewListeners(host.name());
            }
        };
    }

    @Override
    public Optional<Finding> pendingChange(HostName host) {
        return hosts.waiting(host);
    }

    @Override
    public Optional<HostPolicy> optionsInForce(HostName host) {
        return hosts.optionsInForce(host);
    }

    @Override
    public Subscription listen(Runnable changed) {
        listeners.add(changed);
        return () -> listeners.remove(changed);
    }

    /**
     * Calls the listeners after the views of hosts may have changed for another reason than their answers.
     *
     * @param changed receives the host that was opened or closed, or could not be opened; must not block
     * @param configured called after hosts were added, changed or removed; must not block
     */
    Subscription listenForViews(Consumer<HostName> changed, Runnable configured) {
        viewListeners.add(changed);
        configurationListeners.add(configured);
        return () -> {
            viewListeners.remove(changed);
            configurationListeners.remove(configured);
        };
    }

    private void onChanged(HostName host) {
        notifyViewListeners(host);
        notifyListeners();
    }

    private void notifyViewListeners(HostName host) {
        viewListeners.forEach(listener -> deliver(() -> listener.accept(host)));
    }

    private void notifyListeners() {
        listeners.forEach(HostRegistry::deliver);
    }

    private static void deliver(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            LOG.warn("Listener of hosts: unhandled exception", e);
        }
    }

    private Optional<HostConnector> connector(HostPolicy wanted) {
        return Optional.ofNullable(connectors.get(wanted.connector()));
    }

    @Override
    public List<Host> all() {
        List<Host> open = new ArrayList<>();
        hosts.all().forEach(managedHost -> managedHost.host().ifPresent(open::add));
        return List.copyOf(open);
    }

    /** @throws UnderstudyException also {@link ErrorCode#HOST_UNAVAILABLE} if it is configured but not open */
    @Override
    public Host host(HostName name) {
        return configured(name).require();
    }

    /** The same for programs that call as soon as this service is there: waits up to 5 s while the host is opened first. */
    public Host opened(HostName name) {
        return configured(name).opened(Deadline.in(shared.scheduler(), OPENING_LIMIT));
    }

    private ManagedHost configured(HostName name) {
        return hosts.find(name)
                .orElseThrow(() ->
                        new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "Host '" + name + "' is not configured"));
    }

    /** Every host of the configuration, in its order, open or not. Blocks for their answers, for up to 8 s. */
    public List<HostView> views() {
        List<ManagedHost> all = hosts.all();
        Map<HostName, ManagedHost> byName = new HashMap<>();
        all.forEach(managedHost -> byName.put(managedHost.policy().name(), managedHost));
        Map<HostName, HostView> answers = new HashMap<>();
        fanOut.call(
                VIEW_LIMIT,
                all.stream().flatMap(managedHost -> managedHost.host().stream()).toList(),
                Host::facts,
                (host, facts) ->
                        answers.put(host.name(), byName.get(host.name()).view(facts)),
                (host, reason, cause) -> answers.put(host, byName.get(host).unanswered(reason, cause)));
        return all.stream()
                .map(managedHost -> Optional.ofNullable(
                                answers.get(managedHost.policy().name()))
                        .orElseGet(managedHost::unopened))
                .map(this::withChange)
                .toList();
    }

    /** The hosts of the configuration, in its order, and those that are removed from it but not closed yet. */
    List<HostName> names() {
        return hosts.all().stream()
                .map(managedHost -> managedHost.policy().name())
                .toList();
    }

    /** The host of this name, if it is open. */
    Optional<Host> open(HostName name) {
        return hosts.find(name).flatMap(ManagedHost::host);
    }

    /**
     * The view of a host by its last answers; empty if the host is not configured. Does not block.
     *
     * @param facts empty if they were not read yet
     * @param trouble why the host does not answer; empty while it does
     */
    Optional<HostView> view(HostName name, Optional<HostFacts> facts, Optional<UnansweredHost> trouble) {
        return hosts.find(name)
                .map(managedHost -> {
                    if (managedHost.host().isEmpty()) {
                        return managedHost.unopened();
                    }
                    return trouble.map(why -> managedHost.unanswered(why.reason(), why.cause()))
                            .or(() -> facts.map(managedHost::view))
                            .orElseGet(managedHost::unread);
                })
                .map(this::withChange);
    }

    /** Adds what delays or prevents the use of new options. */
    private HostView withChange(HostView view) {
        String subject = "host " + view.name();
        List<Finding> findings = new ArrayList<>(view.findings());
        policies.findings().stream().filter(f -> f.subject().equals(subject)).forEach(findings::add);
        findings.addAll(hosts.findings(view.name()));
        return new HostView(view.name(), view.connector(), view.available(), view.summary(), List.copyOf(findings));
    }

    /** The hosts of the configuration that are not open; their VMs are unknown. */
    public List<HostName> unopened() {
        return hosts.all().stream()
                .filter(s -> s.host().isEmpty())
                .map(s -> s.policy().name())
                .toList();
    }
}

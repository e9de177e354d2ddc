// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;

/**
 * The hosts of the configuration, the work on them, and the changes that wait for it. New options of an open host, and its
 * removal, are in force when they are checked and no work on it is left. Neither opens hosts nor waits for one that is being
 * closed. Safe for use from any thread.
 */
final class ManagedHosts {
    private static final Logger LOG = LoggerFactory.getLogger(ManagedHosts.class);

    private final Function<HostPolicy, Optional<HostConnector>> connectors;
    private final ManagedHost.Shared shared;
    private final Map<HostName, ManagedHost> hosts = new LinkedHashMap<>();
    /** Hosts of earlier configurations that are not closed yet. */
    private final Map<HostName, CompletableFuture<Void>> closing = new HashMap<>();

    private final Map<HostName, HostChange> changes = new HashMap<>();
    private final HostWork work = new HostWork();

    ManagedHosts(Function<HostPolicy, Optional<HostConnector>> connectors, ManagedHost.Shared shared) {
        this.connectors = connectors;
        this.shared = shared;
    }

    /** In the order of the configuration. */
    synchronized List<ManagedHost> all() {
        return List.copyOf(hosts.values());
    }

    synchronized Optional<ManagedHost> find(HostName name) {
        return Optional.ofNullable(hosts.get(name));
    }

    /** Changes that are not in force yet. */
    synchronized List<HostChange> changes() {
        return List.copyOf(changes.values());
    }

    synchronized boolean isPending(HostChange change) {
        return changes.get(change.name()) == change;
    }

    /** Adds new hosts. What can be changed or removed at once is; {@link #changes} has the rest. */
    synchronized void configure(List<HostPolicy> configured) {
        Map<HostName, ManagedHost> before = new LinkedHashMap<>(hosts);
        Map<HostName, HostChange> formerChanges = new HashMap<>(changes);
        hosts.clear();
        changes.clear();
        closing.values().removeIf(CompletableFuture::isDone);
        for (HostPolicy wanted : configured) {
            Optional<ManagedHost> old = Optional.ofNullable(before.remove(wanted.name()));
            hosts.put(wanted.name(), old.orElseGet(() -> successor(wanted)));
            old.filter(open -> !open.policy().equals(wanted))
                    .ifPresent(open -> changes.put(
                            wanted.name(),
                            Optional.ofNullable(formerChanges.get(wanted.name()))
                                    .filter(former -> former.wanted().equals(Optional.of(wanted)))
                                    .orElseGet(() -> HostChange.options(wanted, needsNoCheck(open, wanted)))));
        }
        before.forEach((name, removed) -> {
            hosts.put(name, removed);
            changes.put(name, HostChange.removal(name));
        });
        List.copyOf(changes.keySet()).forEach(this::apply);
    }

    /** A host that is not open has no options that would be worth keeping. */
    private static boolean needsNoCheck(ManagedHost old, HostPolicy wanted) {
        return old.isOpenedLike(wanted) || old.host().isEmpty();
    }

    /** Puts the change of a host in force if nothing delays it. Returns whether it did. */
    synchronized boolean apply(HostName name) {
        HostChange change = changes.get(name);
        ManagedHost old = hosts.get(name);
        if (change == null || !change.isAccepted()) {
            return false;
        }
        List<String> running = work.on(name);
        boolean affectsWork = change.wanted().filter(old::isUsedLike).isEmpty();
        if (affectsWork && !running.isEmpty() && old.host().isPresent()) {
            change.waiting(running).ifPresent(f -> LOG.info("{}", f.message()));
            return false;
        }
        changes.remove(name);
        if (change.wanted().isEmpty()) {
            hosts.remove(name);
            close(old);
        } else if (old.isOpenedLike(change.wanted().get())) {
            old.adopt(change.wanted().get());
        } else {
            close(old);
            hosts.put(name, successor(change.wanted().get()));
        }
        return true;
    }

    /** Is opened after earlier hosts of this name are closed. */
    private ManagedHost successor(HostPolicy wanted) {
        CompletableFuture<Void> predecessor =
                closing.getOrDefault(wanted.name(), CompletableFuture.completedFuture(null));
        return new ManagedHost(wanted, () -> connectors.apply(wanted), shared, predecessor);
    }

    private void close(ManagedHost old) {
        closing.merge(old.policy().name(), old.close(), (older, newer) -> CompletableFuture.allOf(older, newer));
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} if the host is no longer open */
    synchronized HostWork.Piece begin(Host host, String what) {
        Optional<Host> now = Optional.ofNullable(hosts.get(host.name())).flatMap(ManagedHost::host);
        if (!now.equals(Optional.of(host))) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE, "Host " + host.name() + " was closed or opened again meanwhile");
        }
        return work.begin(host.name(), what);
    }

    /** Returns whether a change was waiting for the end, and is in force now. */
    synchronized boolean end(HostWork.Piece piece) {
        work.end(piece);
        return apply(piece.host());
    }

    synchronized Optional<HostPolicy> optionsInForce(HostName host) {
        return Optional.ofNullable(hosts.get(host)).map(ManagedHost::policy);
    }

    /** Why the change of a host waits; empty if none does. */
    synchronized Optional<Finding> waiting(HostName host) {
        return Optional.ofNullable(changes.get(host)).flatMap(change -> change.waiting(work.on(host)));
    }

    /** What an admin should know of the change of a host. */
    synchronized List<Finding> findings(HostName host) {
        List<Finding> findings = new ArrayList<>();
        Optional.ofNullable(changes.get(host))
                .flatMap(change -> change.finding(work.on(host)))
                .ifPresent(findings::add);
        return findings;
    }
}

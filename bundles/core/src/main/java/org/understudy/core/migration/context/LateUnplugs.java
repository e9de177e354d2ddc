// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.Delivery;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;

/**
 * Keeps the primaries that guests may still release after their migration was cancelled, and plugs a released one again.
 * Events wait neither for a disk nor for a host: each host is queried on a thread of its own, and another thread writes
 * what events change.
 */
final class LateUnplugs {
    private static final Logger LOG = LoggerFactory.getLogger(LateUnplugs.class);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);
    /** Pending checks of one host; more are left to the next event, or the next start. */
    private static final int CHECKS_WAITING = 1000;

    private final PendingUnplug.Store store;
    private final Scheduler scheduler;
    private final BiConsumer<HostName, VmName> plugged;
    private final Set<PendingUnplug> pending;
    private final HostExecutor hosts;
    private final ExecutorService disk;
    private final Delivery<LateUnplugs, LateUnplugs> writer;
    /** Held while a state is written, so that no older state overwrites a newer one. */
    private final Object writing = new Object();

    private boolean changed;
    private volatile boolean closed;

    /** @param plugged called when a primary was plugged again */
    LateUnplugs(PendingUnplug.Store store, Scheduler scheduler, BiConsumer<HostName, VmName> plugged) {
        this.store = store;
        this.scheduler = scheduler;
        this.plugged = plugged;
        this.pending = new LinkedHashSet<>(store.pendingUnplugs());
        this.hosts = new HostExecutor("understudy-replug", scheduler, CHECKS_WAITING, host -> {});
        this.disk = scheduler.pool("understudy-replug-journal", 1, 1);
        this.writer = new Delivery<>("journal of pending unplugs", disk, (older, newer) -> newer, late -> write());
    }

    /** Checks the pending primaries of this host, which may have been released while it was closed. */
    void onOpened(Host host) {
        List<PendingUnplug> onHost = matching(p -> p.host().equals(host.name()));
        onHost.forEach(p -> hosts.run(host.name(), "check " + p.vm() + " " + p.primary(), () -> check(host, p)));
    }

    private void check(Host host, PendingUnplug p) {
        try {
            VmState state = host.find(p.vm()).map(HostedVm::state).orElse(VmState.SHUTOFF);
            if (state == VmState.SHUTOFF) {
                removeAndWrite(one -> one.isOn(host.name(), p.vm()));
            } else if (host.primaryPresence(p.vm(), p.primary()) == PrimaryPresence.ABSENT) {
                replug(host, p);
            }
        } catch (UnderstudyException e) {
            LOG.warn(
                    "Host {}: cannot check primary {} of VM {}, it may be released at any time",
                    host.name(),
                    p.primary(),
                    p.vm(),
                    e);
        }
    }

    /** Adds a primary that the guest may release at any time. It is on disk when this returns. */
    void add(PendingUnplug p) {
        synchronized (this) {
            pending.removeIf(q -> q.isOn(p.host(), p.vm()) && q.primary().equals(p.primary()));
            pending.add(p);
            changed = true;
        }
        write();
    }

    /** Plugs a released primary again if a cancelled migration had requested its unplug. */
    void released(Host host, VmName vm, Alias primary) {
        matching(p -> p.isOn(host.name(), vm) && p.primary().equals(primary))
                .forEach(p -> hosts.run(host.name(), "replug " + vm + " " + primary, () -> replug(host, p)));
    }

    private void replug(Host host, PendingUnplug p) {
        if (closed) {
            return;
        }
        try {
            if (isMigrating(host, p.vm())) {
                LOG.info(
                        "Host {}: primary {} of VM {} is not plugged again, a migration of the VM runs or has completed",
                        host.name(),
                        p.primary(),
                        p.vm());
                return;
            }
            host.plugPrimary(p.vm(), p.primary(), p.pair().vf());
            removeAndWrite(p::equals);
            plugged.accept(host.name(), p.vm());
            LOG.info(
                    "Host {}: primary {} of VM {} was released after a cancelled migration, plugged again",
                    host.name(),
                    p.primary(),
                    p.vm());
        } catch (RuntimeException e) {
            LOG.error("Host {}: cannot plug primary {} of VM {} again", host.name(), p.primary(), p.vm(), e);
        }
    }

    /**
     * Another server may have started a migration since; it has the primaries, and plugs them if it fails. A VM whose
     * migration has completed runs on the other host.
     */
    private static boolean isMigrating(Host host, VmName vm) {
        return host.outgoing(vm)
                .map(outgoing -> outgoing.progress().phase())
                .filter(phase -> !phase.isOver() || phase == MigrationPhase.COMPLETED)
                .isPresent();
    }

    /** Removes a primary that was plugged by any program: it had been released before. */
    void plugged(HostName host, VmName vm, Alias primary) {
        removeAndWriteLater(p -> p.isOn(host, vm) && p.primary().equals(primary));
    }

    /** Removes the primaries of a VM whose QEMU ended. */
    void stopped(HostName host, VmName vm) {
        removeAndWriteLater(p -> p.isOn(host, vm));
    }

    /** The pending primaries of a VM on a host. */
    List<PendingUnplug> pendingOf(HostName host, VmName vm) {
        return matching(p -> p.isOn(host, vm));
    }

    private synchronized List<PendingUnplug> matching(Predicate<PendingUnplug> which) {
        return pending.stream().filter(which).toList();
    }

    private void removeAndWrite(Predicate<PendingUnplug> which) {
        if (remove(which)) {
            write();
        }
    }

    /** A crash before it is written does no harm: the next start checks what is no longer pending. */
    private void removeAndWriteLater(Predicate<PendingUnplug> which) {
        if (remove(which)) {
            writer.put(this, this);
        }
    }

    private synchronized boolean remove(Predicate<PendingUnplug> which) {
        boolean removed = pending.removeIf(which);
        changed = changed || removed;
        return removed;
    }

    private void write() {
        synchronized (writing) {
            changes().ifPresent(this::write);
        }
    }

    private synchronized Optional<List<PendingUnplug>> changes() {
        Optional<List<PendingUnplug>> all = changed ? Optional.of(List.copyOf(pending)) : Optional.empty();
        changed = false;
        return all;
    }

    private void write(List<PendingUnplug> all) {
        try {
            store.keep(all);
        } catch (UnderstudyException e) {
            synchronized (this) {
                changed = true;
            }
            LOG.error("Journal of pending unplugs could not be written, retrying with the next change: {}", all, e);
        }
    }

    /**
     * Leaves queued tasks to the next start. Waits up to 3 s for running tasks, so that the next start neither repeats
     * them nor reads the journal before they have written it.
     */
    void close() {
        closed = true;
        hosts.close(Deadline.in(scheduler, CLOSE_LIMIT));
        writer.close();
        write();
        disk.shutdown();
    }
}

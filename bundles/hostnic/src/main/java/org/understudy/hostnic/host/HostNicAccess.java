// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.SriovBackend.Inventory;
import org.understudy.hostnic.pool.PoolMembership;

/** Access to the NICs of one host: opened in the background with retries, and read after every change. */
final class HostNicAccess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostNicAccess.class);
    private static final int MAX_DOUBLINGS = 5;

    /**
     * Delays of retries and reads.
     *
     * @param retry between the first two attempts; doubles up to 32 times that delay
     * @param debounce delay of a read after a change; changes come in bursts, for example when a VF changes its driver
     */
    record Delays(Duration retry, Duration debounce) {
        static final Delays DEFAULT = new Delays(Duration.ofSeconds(1), Duration.ofMillis(200));
    }

    private final HostPolicy policy;
    private final boolean requested;
    private final Supplier<Optional<SriovBackend>> opener;
    private final Supplier<PoolMembership> pools;
    private final Consumer<NicInventory> listener;
    private final Delays delays;
    private final AtomicBoolean readPending = new AtomicBoolean();
    private final VanishedVfs vanished = new VanishedVfs();
    private final ScheduledExecutorService worker;
    private Optional<SriovBackend> backend = Optional.empty();
    private Subscription watch = () -> {};
    private NicInventory inventory;
    private Optional<Finding> rejected = Optional.empty();
    private int failures;
    private boolean unmanaged;
    private boolean closed;

    /**
     * @param opener opens the backend; empty if no access is configured; may throw
     * @param listener receives each inventory that differs from the previous one
     */
    HostNicAccess(
            HostPolicy policy,
            Supplier<Optional<SriovBackend>> opener,
            Supplier<PoolMembership> pools,
            Consumer<NicInventory> listener,
            Delays delays) {
        this.policy = policy;
        this.requested = NicOptions.isRequested(policy);
        this.opener = opener;
        this.pools = pools;
        this.listener = listener;
        this.delays = delays;
        this.inventory = unavailable("are being read", "Wait until the first inventory of the host is read.");
        this.worker = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread thread = new Thread(r, "understudy-nics-" + policy.name());
            thread.setDaemon(true);
            return thread;
        });
        worker.execute(this::connect);
    }

    HostPolicy policy() {
        return policy;
    }

    /** True if this access serves these options: they differ in nothing that matters here, or are wrong, which is reported. */
    boolean keepsWith(HostPolicy wanted) {
        Optional<Finding> wrong = isOpenedLike(wanted) ? Optional.empty() : rejection(wanted);
        boolean keeps =
                isOpenedLike(wanted) || wrong.isPresent() && rejection(policy).isEmpty();
        boolean differs;
        synchronized (this) {
            differs = keeps && !wrong.equals(rejected);
            rejected = wrong;
        }
        if (differs) {
            scheduleRead();
        }
        return keeps;
    }

    private boolean isOpenedLike(HostPolicy wanted) {
        return policy.connector().equals(wanted.connector())
                && policy.options().equals(wanted.options())
                && policy.nics().equals(wanted.nics());
    }

    private static Optional<Finding> rejection(HostPolicy options) {
        try {
            NicOptions.of(options);
            return Optional.empty();
        } catch (UnderstudyException e) {
            return Optional.of(Finding.of(
                    FindingCode.CONFIGURATION_REJECTED,
                    "host " + options.name() + ", NICs",
                    e.getMessage() + "; the last valid options stay in force",
                    "Correct nics of host " + options.name() + " in etc/understudy.yaml."));
        }
    }

    private synchronized Optional<Finding> rejected() {
        return rejected;
    }

    synchronized NicInventory inventory() {
        return inventory;
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason */
    synchronized SriovBackend require() {
        return backend.orElseThrow(() -> new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                inventory.findings().stream()
                        .map(Finding::message)
                        .findFirst()
                        .orElse("NICs of host " + policy.name() + " are not configured")));
    }

    /**
     * Returns the inventory that the watch keeps up to date; reads only if there is none.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    NicInventory current() {
        NicInventory now = inventory();
        return now.available() ? now : refresh();
    }

    private void connect() {
        try {
            Optional<SriovBackend> opened = opener.get();
            if (opened.isPresent()) {
                start(opened.get());
            } else {
                markUnmanaged();
            }
        } catch (UnderstudyException e) {
            failed(e.getMessage(), e.code().remedy());
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: NICs cannot be read", policy.name(), e);
            failed(e.toString(), ErrorCode.INTERNAL.remedy());
        }
    }

    private void start(SriovBackend opened) {
        if (!adopt(opened)) {
            runQuietly(opened::close);
            return;
        }
        Subscription watching = opened.watch(this::scheduleRead, reason -> connectionLost(opened, reason));
        if (!adopt(opened, watching)) {
            runQuietly(watching::close);
            return;
        }
        refresh();
        failures = 0;
    }

    /** False if this access is closed. */
    private synchronized boolean adopt(SriovBackend opened) {
        if (!closed) {
            backend = Optional.of(opened);
        }
        return !closed;
    }

    /** False if this access was closed since it adopted the backend. */
    private synchronized boolean adopt(SriovBackend opened, Subscription watching) {
        boolean used = backend.filter(now -> now == opened).isPresent();
        if (used) {
            watch = watching;
        }
        return used;
    }

    private void markUnmanaged() {
        synchronized (this) {
            unmanaged = true;
        }
        publish(new NicInventory(policy.name(), false, "none", List.of(), List.of(), List.of()));
    }

    /** True if no access to these NICs is configured. */
    synchronized boolean isUnmanaged() {
        return unmanaged;
    }

    /** True if no VF of the host can be leased, even when the host is reachable. */
    boolean isWithoutLeases() {
        return NicOptions.isByLibvirt(policy) || isUnmanaged();
    }

    /** Why nothing can be changed; empty if it can, or if that is unknown now. */
    Optional<String> readOnly() {
        return backend().flatMap(SriovBackend::readOnly);
    }

    private void failed(String why, String remedy) {
        long wait = delays.retry().toMillis() << Math.min(failures++, MAX_DOUBLINGS);
        NicInventory unavailable = unavailable("are unreachable: " + why, remedy);
        // The connector reports that such a host is lost, or not open yet.
        if (unavailable.equals(inventory()) || NicOptions.isByLibvirt(policy)) {
            LOG.debug("Host {}: NICs are still unreachable, next attempt in {} ms: {}", policy.name(), wait, why);
        } else {
            LOG.warn("Host {}: NICs are unreachable, next attempt in {} ms: {}", policy.name(), wait, why);
        }
        disconnect();
        publish(unavailable);
        schedule(this::connect, wait);
    }

    private void connectionLost(SriovBackend which, String reason) {
        schedule(
                () -> {
                    if (backend().filter(now -> now == which).isPresent()) {
                        failed(reason, ErrorCode.HOST_UNAVAILABLE.remedy());
                    }
                },
                0);
    }

    /** Coalesces a burst of changes into one read. */
    private void scheduleRead() {
        if (readPending.compareAndSet(false, true)) {
            schedule(this::readAfterChanges, delays.debounce().toMillis());
        }
    }

    private void readAfterChanges() {
        readPending.set(false);
        refreshAfterChange();
    }

    /** Reads the result of a change; an unreachable host is not a failure of the change. */
    void refreshAfterChange() {
        Optional<SriovBackend> open = backend();
        try {
            refresh();
        } catch (UnderstudyException e) {
            open.ifPresent(f -> connectionLost(f, e.getMessage()));
        } catch (RuntimeException | Error e) {
            LOG.error("Host {}: NICs cannot be read", policy.name(), e);
        }
    }

    private synchronized Optional<SriovBackend> backend() {
        return backend;
    }

    /**
     * Reads the inventory now.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    NicInventory refresh() {
        SriovBackend open = require();
        synchronized (vanished) {
            Inventory read = open.read();
            List<VfView> vfs = new ArrayList<>(read.vfs());
            vfs.addAll(vanished.after(inventory().vfs(), vfs));
            vfs.sort(Comparator.comparing(VfView::address));
            List<Finding> findings = new ArrayList<>(read.findings());
            rejected().ifPresent(findings::add);
            vfs.stream()
                    .filter(vf -> vf.state() == VfState.FAULT)
                    .map(this::faultFinding)
                    .forEach(findings::add);
            PoolMembership membership = pools.get();
            List<VfView> members = membership.assign(read.pfs(), vfs);
            return publish(new NicInventory(
                    policy.name(),
                    true,
                    open.access(),
                    read.pfs(),
                    members,
                    withSeverities(findings, membership, members)));
        }
    }

    /** Limited access is a warning only if the NICs are needed, and not reported at all without VFs. */
    private List<Finding> withSeverities(List<Finding> findings, PoolMembership membership, List<VfView> members) {
        if (requested || members.stream().anyMatch(membership::leases)) {
            return List.copyOf(findings);
        }
        return findings.stream()
                .filter(f -> f.code() != FindingCode.NIC_ACCESS_LIMITED || !members.isEmpty())
                .map(f -> f.code() == FindingCode.NIC_ACCESS_LIMITED ? f.as(Severity.NOTICE) : f)
                .toList();
    }

    private Finding faultFinding(VfView vf) {
        return Finding.of(
                FindingCode.VF_FAULT,
                "host " + policy.name() + ", VF " + vf.address(),
                "VF " + vf.address() + " (" + vf.pfName() + "#" + vf.index() + ") cannot be used: " + vf.reason(),
                "Check the PF's driver and the kernel log on the host, and run 'understudy-vf restore'.");
    }

    /** Drops a VF whose lease has ended, even if it is missing. */
    void forget(PciAddress vf) {
        synchronized (vanished) {
            vanished.forget(vf);
            synchronized (this) {
                inventory = without(inventory, vf);
            }
        }
    }

    private static NicInventory without(NicInventory from, PciAddress vf) {
        List<VfView> rest =
                from.vfs().stream().filter(v -> !v.address().equals(vf)).toList();
        return new NicInventory(from.host(), from.available(), from.access(), from.pfs(), rest, from.findings());
    }

    /** Applies a changed pool configuration. */
    void reassignPools() {
        NicInventory now = inventory();
        publish(new NicInventory(
                now.host(),
                now.available(),
                now.access(),
                now.pfs(),
                pools.get().assign(now.pfs(), now.vfs()),
                now.findings()));
        if (now.available() && !requested) {
            // The severity of findings depends on the pools.
            scheduleRead();
        }
    }

    private NicInventory publish(NicInventory fresh) {
        boolean differs;
        synchronized (this) {
            differs = !closed && !fresh.equals(inventory);
            inventory = fresh;
        }
        if (differs) {
            listener.accept(fresh);
        }
        return fresh;
    }

    /** A warning only if VFs are needed. */
    private NicInventory unavailable(String what, String remedy) {
        Finding finding = Finding.of(
                        FindingCode.NIC_ACCESS_LIMITED,
                        "host " + policy.name() + ", NICs",
                        "NICs of host " + policy.name() + " " + what,
                        remedy)
                .as(requested && pools.get().hasVfPools() ? Severity.WARNING : Severity.NOTICE);
        return new NicInventory(policy.name(), false, "none", List.of(), List.of(), List.of(finding));
    }

    private void schedule(Runnable task, long millis) {
        try {
            worker.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: access to NICs is closed, task dropped", policy.name(), e);
        }
    }

    /** Does not block: the backend is closed on a thread of its own, because one that hangs may block. */
    private void disconnect() {
        Subscription watching;
        Optional<SriovBackend> used;
        synchronized (this) {
            watching = watch;
            watch = () -> {};
            used = backend;
            backend = Optional.empty();
        }
        used.ifPresent(open -> {
            Runnable closing = () -> {
                runQuietly(watching::close);
                runQuietly(open::close);
            };
            Thread thread = new Thread(closing, "understudy-nics-close-" + policy.name());
            thread.setDaemon(true);
            thread.start();
        });
    }

    private void runQuietly(Runnable closing) {
        try {
            closing.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("Host {}: access to NICs could not be closed", policy.name(), e);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        worker.shutdownNow();
        disconnect();
    }
}

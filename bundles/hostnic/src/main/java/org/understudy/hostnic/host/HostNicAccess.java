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

/** The NICs of one host: opened in the background, again and again if need be, and read whenever something changes. */
final class HostNicAccess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostNicAccess.class);
    private static final int LONGEST_WAIT_DOUBLINGS = 5;

    /**
     * How long it waits.
     *
     * @param retry between the first two attempts; doubles up to 32 times as much
     * @param burst changes come in bursts, as when a VF changes its driver, and each reading costs the host some work
     */
    record Waits(Duration retry, Duration burst) {
        static final Waits USUAL = new Waits(Duration.ofSeconds(1), Duration.ofMillis(200));
    }

    private final HostPolicy policy;
    private final boolean asked;
    private final Supplier<Optional<SriovBackend>> opener;
    private final Supplier<PoolMembership> pools;
    private final Consumer<NicInventory> news;
    private final Waits waits;
    private final AtomicBoolean readSoon = new AtomicBoolean();
    private final VanishedVfs vanished = new VanishedVfs();
    private final ScheduledExecutorService worker;
    private Optional<SriovBackend> functions = Optional.empty();
    private Subscription watch = () -> {};
    private NicInventory inventory;
    private int failures;
    private boolean leftAlone;
    private boolean closed;

    /**
     * @param opener opens the way to the host; empty if the configuration leaves its NICs alone; may throw
     * @param news gets each inventory that differs from the one before
     */
    HostNicAccess(
            HostPolicy policy,
            Supplier<Optional<SriovBackend>> opener,
            Supplier<PoolMembership> pools,
            Consumer<NicInventory> news,
            Waits waits) {
        this.policy = policy;
        this.asked = NicOptions.isAsked(policy);
        this.opener = opener;
        this.pools = pools;
        this.news = news;
        this.waits = waits;
        this.inventory = absent("are being read", "Wait a moment.");
        this.worker = Executors.newSingleThreadScheduledExecutor(r -> {
            Thread thread = new Thread(r, "understudy-nics-" + policy.name());
            thread.setDaemon(true);
            return thread;
        });
        worker.execute(this::attempt);
    }

    HostPolicy policy() {
        return policy;
    }

    synchronized NicInventory inventory() {
        return inventory;
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} with the reason */
    synchronized SriovBackend require() {
        return functions.orElseThrow(() -> new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                inventory.findings().stream()
                        .map(Finding::message)
                        .findFirst()
                        .orElse("The configuration leaves the NICs of host " + policy.name() + " alone")));
    }

    /**
     * What is known, which the watch keeps true; reads only if nothing is.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    NicInventory known() {
        NicInventory now = inventory();
        return now.available() ? now : refresh();
    }

    private void attempt() {
        try {
            Optional<SriovBackend> opened = opener.get();
            if (opened.isPresent()) {
                begin(opened.get());
            } else {
                leaveAlone();
            }
        } catch (UnderstudyException e) {
            failed(e.getMessage(), e.code().remedy());
        } catch (RuntimeException | Error e) {
            LOG.error("The NICs of host {} cannot be read", policy.name(), e);
            failed(e.toString(), ErrorCode.INTERNAL.remedy());
        }
    }

    private void begin(SriovBackend opened) {
        if (!use(opened)) {
            quietly(opened::close);
            return;
        }
        Subscription watching = opened.watch(this::changed, reason -> broken(opened, reason));
        if (!use(opened, watching)) {
            quietly(watching::close);
            return;
        }
        refresh();
        failures = 0;
    }

    /** False if this slot is closed. */
    private synchronized boolean use(SriovBackend opened) {
        if (!closed) {
            functions = Optional.of(opened);
        }
        return !closed;
    }

    /** False if this slot was closed since it began to use them. */
    private synchronized boolean use(SriovBackend opened, Subscription watching) {
        boolean used = functions.filter(now -> now == opened).isPresent();
        if (used) {
            watch = watching;
        }
        return used;
    }

    private void leaveAlone() {
        synchronized (this) {
            leftAlone = true;
        }
        publish(new NicInventory(policy.name(), false, "none", List.of(), List.of(), List.of()));
    }

    /** True if the configuration does not say how these NICs are reached. */
    synchronized boolean isLeftAlone() {
        return leftAlone;
    }

    /** True if nothing can be leased there, now or when the host is in reach again. */
    boolean isWithoutLeases() {
        return NicOptions.isByLibvirt(policy) || isLeftAlone();
    }

    /** Why nothing can be changed there; empty if it can, or if nobody knows now. */
    Optional<String> readOnly() {
        return functions().flatMap(SriovBackend::readOnly);
    }

    private void failed(String why, String remedy) {
        long wait = waits.retry().toMillis() << Math.min(failures++, LONGEST_WAIT_DOUBLINGS);
        NicInventory absent = absent("are out of reach: " + why, remedy);
        // Its connector tells that such a host is lost, or not open yet.
        if (absent.equals(inventory()) || NicOptions.isByLibvirt(policy)) {
            LOG.debug(
                    "The NICs of host {} are still out of reach, next attempt in {} ms: {}", policy.name(), wait, why);
        } else {
            LOG.warn("The NICs of host {} are out of reach, next attempt in {} ms: {}", policy.name(), wait, why);
        }
        letGo();
        publish(absent);
        later(this::attempt, wait);
    }

    private void broken(SriovBackend which, String reason) {
        later(
                () -> {
                    if (functions().filter(now -> now == which).isPresent()) {
                        failed(reason, ErrorCode.HOST_UNAVAILABLE.remedy());
                    }
                },
                0);
    }

    /** Many changes in a row are one reading. */
    private void changed() {
        if (readSoon.compareAndSet(false, true)) {
            later(this::readAgain, waits.burst().toMillis());
        }
    }

    private void readAgain() {
        readSoon.set(false);
        afterChange();
    }

    /** Reads what a change has led to; that the host does not answer any more is no failure of the change. */
    void afterChange() {
        Optional<SriovBackend> open = functions();
        try {
            refresh();
        } catch (UnderstudyException e) {
            open.ifPresent(f -> broken(f, e.getMessage()));
        } catch (RuntimeException | Error e) {
            LOG.error("The NICs of host {} cannot be read", policy.name(), e);
        }
    }

    private synchronized Optional<SriovBackend> functions() {
        return functions;
    }

    /**
     * Reads now.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    NicInventory refresh() {
        SriovBackend open = require();
        synchronized (vanished) {
            Inventory reading = open.read();
            List<VfView> vfs = new ArrayList<>(reading.vfs());
            vfs.addAll(vanished.after(inventory().vfs(), vfs));
            vfs.sort(Comparator.comparing(VfView::address));
            List<Finding> findings = new ArrayList<>(reading.findings());
            vfs.stream()
                    .filter(vf -> vf.state() == VfState.FAULT)
                    .map(this::fault)
                    .forEach(findings::add);
            PoolMembership poolMembership = pools.get();
            List<VfView> members = poolMembership.assign(reading.pfs(), vfs);
            return publish(new NicInventory(
                    policy.name(),
                    true,
                    open.access(),
                    reading.pfs(),
                    members,
                    toned(findings, poolMembership, members)));
        }
    }

    /** What cannot be done to NICs is worth a warning only where somebody wants that, and nothing where there are none. */
    private List<Finding> toned(List<Finding> findings, PoolMembership poolMembership, List<VfView> members) {
        if (asked || members.stream().anyMatch(poolMembership::leases)) {
            return List.copyOf(findings);
        }
        return findings.stream()
                .filter(f -> f.code() != FindingCode.NIC_ACCESS_LIMITED || !members.isEmpty())
                .map(f -> f.code() == FindingCode.NIC_ACCESS_LIMITED ? f.as(Severity.NOTICE) : f)
                .toList();
    }

    private Finding fault(VfView vf) {
        return Finding.of(
                FindingCode.VF_FAULT,
                "host " + policy.name() + ", VF " + vf.address(),
                "VF " + vf.address() + " (" + vf.pfName() + " number " + vf.index() + ") cannot be used: "
                        + vf.reason(),
                "Look at the PF's driver and kernel log on the host; understudy-vf restore mends what it can.");
    }

    /** A lease is over; whether its VF is there does not matter any more. */
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

    /** The pools are others now. */
    void regroup() {
        NicInventory now = inventory();
        publish(new NicInventory(
                now.host(),
                now.available(),
                now.access(),
                now.pfs(),
                pools.get().assign(now.pfs(), now.vfs()),
                now.findings()));
        if (now.available() && !asked) {
            // What its findings weigh depends on the pools.
            changed();
        }
    }

    private NicInventory publish(NicInventory fresh) {
        boolean differs;
        synchronized (this) {
            differs = !closed && !fresh.equals(inventory);
            inventory = fresh;
        }
        if (differs) {
            news.accept(fresh);
        }
        return fresh;
    }

    /** Worth a warning only where somebody wants VFs. */
    private NicInventory absent(String what, String remedy) {
        Finding finding = Finding.of(
                        FindingCode.NIC_ACCESS_LIMITED,
                        "host " + policy.name() + ", NICs",
                        "The NICs of host " + policy.name() + " " + what,
                        remedy)
                .as(asked && pools.get().wantsVfs() ? Severity.WARNING : Severity.NOTICE);
        return new NicInventory(policy.name(), false, "none", List.of(), List.of(), List.of(finding));
    }

    private void later(Runnable work, long millis) {
        try {
            worker.schedule(work, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("Closed already", e);
        }
    }

    /** Returns at once. The way to the host is closed on a thread of its own, as one that hangs may take its time. */
    private void letGo() {
        Subscription watching;
        Optional<SriovBackend> used;
        synchronized (this) {
            watching = watch;
            watch = () -> {};
            used = functions;
            functions = Optional.empty();
        }
        used.ifPresent(open -> {
            Runnable closing = () -> {
                quietly(watching::close);
                quietly(open::close);
            };
            Thread thread = new Thread(closing, "understudy-nics-close-" + policy.name());
            thread.setDaemon(true);
            thread.start();
        });
    }

    private void quietly(Runnable closing) {
        try {
            closing.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("Host {}: the way to its NICs could not be closed", policy.name(), e);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        worker.shutdownNow();
        letGo();
    }
}

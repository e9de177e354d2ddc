// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Severity;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.SriovBackend.Inventory;
import org.understudy.hostnic.pool.PoolMembership;

/** The latest inventory of one host's NICs, with their pools and findings. Safe for use from any thread. */
final class HostInventory implements AutoCloseable {
    private final HostPolicy policy;
    private final boolean requested;
    private final Supplier<PoolMembership> pools;
    private final Consumer<NicInventory> listener;
    /** Its lock is held during a read, so that an older inventory never replaces a newer one. */
    private final VanishedVfs vanished = new VanishedVfs();

    private NicInventory latest;
    private Optional<Finding> rejected = Optional.empty();
    private boolean closed;

    /** @param listener receives each inventory that differs from the previous one; must hand off at once */
    HostInventory(HostPolicy policy, Supplier<PoolMembership> pools, Consumer<NicInventory> listener) {
        this.policy = policy;
        this.requested = NicOptions.isRequested(policy);
        this.pools = pools;
        this.listener = listener;
        this.latest = unavailable("are being read", "Wait until the first inventory of the host is read.");
    }

    synchronized NicInventory latest() {
        return latest;
    }

    /**
     * Adds a finding to each inventory that is read from now on.
     *
     * @param finding why newer options are not in force; empty if they are
     * @return true if that is news
     */
    synchronized boolean setRejected(Optional<Finding> finding) {
        boolean differs = !finding.equals(rejected);
        rejected = finding;
        return differs;
    }

    private synchronized Optional<Finding> rejected() {
        return rejected;
    }

    /** Reads and publishes the inventory. */
    NicInventory read(SriovBackend backend) {
        synchronized (vanished) {
            Inventory read = backend.read();
            List<VfView> vfs = new ArrayList<>(read.vfs());
            vfs.addAll(vanished.after(latest().vfs(), vfs));
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
                    backend.access(),
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

    /**
     * Publishes that the NICs cannot be read.
     *
     * @return false if that was known, with the same reason
     */
    boolean setUnreachable(String why, String remedy) {
        NicInventory unreachable = unavailable("are unreachable: " + why, remedy);
        boolean fresh = !unreachable.equals(latest());
        publish(unreachable);
        return fresh;
    }

    /** Publishes that no access to the NICs is configured. */
    void setUnmanaged() {
        publish(new NicInventory(policy.name(), false, "none", List.of(), List.of(), List.of()));
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

    /** Drops a VF whose lease has ended, even if it is missing. */
    void forget(PciAddress vf) {
        synchronized (vanished) {
            vanished.forget(vf);
            synchronized (this) {
                latest = without(latest, vf);
            }
        }
    }

    private static NicInventory without(NicInventory from, PciAddress vf) {
        List<VfView> rest =
                from.vfs().stream().filter(v -> !v.address().equals(vf)).toList();
        return new NicInventory(from.host(), from.available(), from.access(), from.pfs(), rest, from.findings());
    }

    /**
     * Applies a changed pool configuration.
     *
     * @return true if the NICs must be read, because the severity of findings depends on the pools
     */
    boolean reassignPools() {
        PoolMembership membership = pools.get();
        synchronized (this) {
            NicInventory fresh = publish(new NicInventory(
                    latest.host(),
                    latest.available(),
                    latest.access(),
                    latest.pfs(),
                    membership.assign(latest.pfs(), latest.vfs()),
                    latest.findings()));
            return fresh.available() && !requested;
        }
    }

    /** The listener is called under the lock, so that the inventory it receives last is the latest. */
    private synchronized NicInventory publish(NicInventory fresh) {
        boolean differs = !closed && !fresh.equals(latest);
        latest = fresh;
        if (differs) {
            listener.accept(fresh);
        }
        return fresh;
    }

    /** Ends the publication. */
    @Override
    public synchronized void close() {
        closed = true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.understudy.api.Alias;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.PciAddress;
import org.understudy.api.PrimaryKind;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.HostNetworks;
import org.understudy.core.probe.GapProbe;

/** The working memory of one run: what was asked, what was found on the way, and how to get back. */
public final class MigrationContext {
    private final MigrationRequest request;
    private final MigrationServices services;
    private final MigrationStatusBuilder status;
    private final MigrationEvents events;
    private final RollbackStack rollbacks = new RollbackStack();
    private final List<Lease> leases = new ArrayList<>();
    private VmSnapshot snapshot = new VmSnapshot("", "", List.of(), Map.of());
    private Optional<IncomingMigration> incoming = Optional.empty();
    private Optional<SourceMonitor> sourceMonitor = Optional.empty();
    private Optional<GapProbe> probe = Optional.empty();
    private Optional<HostFacts> destinationFacts = Optional.empty();
    private Optional<Instant> resumed = Optional.empty();
    private Optional<Instant> unplugged = Optional.empty();
    private MigrationStrategy strategy = MigrationStrategy.AUTOMATIC;
    private boolean incomingGone;
    private boolean degraded;

    public MigrationContext(
            MigrationRequest request,
            MigrationServices services,
            MigrationStatusBuilder status,
            MigrationEvents events) {
        this.request = request;
        this.services = services;
        this.status = status;
        this.events = events;
    }

    public MigrationRequest request() {
        return request;
    }

    public MigrationServices services() {
        return services;
    }

    public MigrationStatusBuilder status() {
        return status;
    }

    public MigrationEvents events() {
        return events;
    }

    public RollbackStack rollbacks() {
        return rollbacks;
    }

    /** Writes down how far the run has come; returns once it is on disk. */
    public void journal(MigrationJournal.Stage stage) {
        services.journal()
                .write(new MigrationJournal.Entry(stage, status.now(), request.options(), List.copyOf(leases)));
    }

    /** The VFs reserved on the destination. */
    public List<Lease> leases() {
        return leases;
    }

    /** Whether the VF of a pair on the destination is leased here; else the host picks it, or it is no VF. */
    public boolean needsLease(PairView pair) {
        return pair.kind() == PrimaryKind.VF
                && request.policy().pools().stream()
                        .anyMatch(pool -> pair.pool().equals(Optional.of(pool.name())))
                && !HostNetworks.serve(pair, request.policy(), destinationFacts());
    }

    /** Asked for once: what is leased is not to change on the way. */
    private HostFacts destinationFacts() {
        if (destinationFacts.isEmpty()) {
            destinationFacts = Optional.of(request.destination().facts());
        }
        return destinationFacts.get();
    }

    /** Whether a pair is to arrive without its VF, as none was free. */
    public boolean lacksVf(PairView pair) {
        return needsLease(pair) && leases.stream().noneMatch(l -> l.primary().equals(pair.primary()));
    }

    public Map<Alias, PciAddress> assignedVfs() {
        return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
    }

    /** What the VM runs with, as the destination needs it. */
    public String liveOnDestination() {
        String adjusted = services.definitions().adjust(snapshot.live(), assignedVfs(), request.networksOnDestination());
        return isExplicit()
                ? services.definitions().without(adjusted, snapshot.presence().keySet())
                : adjusted;
    }

    /** What is stored of the VM, as the destination needs it. */
    public String configuredOnDestination() {
        return services.definitions().adjust(snapshot.configured(), assignedVfs(), request.networksOnDestination());
    }

    public VmSnapshot snapshot() {
        return snapshot;
    }

    public void snapshot(VmSnapshot found) {
        snapshot = found;
    }

    public IncomingMigration incoming() {
        return incoming.orElseThrow();
    }

    public void incoming(IncomingMigration prepared) {
        incoming = Optional.of(prepared);
    }

    /** True once the receiving QEMU is proven gone. */
    public boolean isIncomingGone() {
        return incomingGone;
    }

    public void markIncomingGone() {
        incomingGone = true;
    }

    public SourceMonitor sourceMonitor() {
        return sourceMonitor.orElseThrow();
    }

    /** Empty until the source has been told to send. */
    public Optional<SourceMonitor> sourceMonitorIfAny() {
        return sourceMonitor;
    }

    public void sourceMonitor(SourceMonitor started) {
        sourceMonitor = Optional.of(started);
    }

    public Optional<GapProbe> probe() {
        return probe;
    }

    public void probe(GapProbe opened) {
        probe = Optional.of(opened);
    }

    public void strategy(MigrationStrategy chosen) {
        strategy = chosen;
    }

    /** True if primaries are unplugged and plugged by this run, not by QEMU. */
    public boolean isExplicit() {
        return strategy == MigrationStrategy.EXPLICIT;
    }

    /** When the guest had let go of its primaries; empty before that. */
    public Optional<Instant> released() {
        return unplugged.or(() -> sourceMonitor.flatMap(SourceMonitor::released));
    }

    public void unplugged(Instant at) {
        unplugged = Optional.of(at);
    }

    /** When the guest went on, on the destination; empty before that. */
    public Optional<Instant> resumed() {
        return resumed;
    }

    public void resumed(Instant at) {
        resumed = Optional.of(at);
    }

    /** True if a primary did not come back on the destination. */
    public boolean isDegraded() {
        return degraded;
    }

    public void markDegraded() {
        degraded = true;
    }
}

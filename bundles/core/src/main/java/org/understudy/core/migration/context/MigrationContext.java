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

/** The state of one migration: request, findings on the way, and rollback actions. Used by the thread of its task only. */
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

    /** Writes the stage of the migration to the journal; returns once it is on disk. */
    public void journal(MigrationJournal.Stage stage) {
        services.journal()
                .write(new MigrationJournal.Entry(stage, status.now(), request.options(), List.copyOf(leases)));
    }

    /** The VFs leased on the destination. */
    public List<Lease> leases() {
        return leases;
    }

    /** Whether this server leases the VF of a pair on the destination; otherwise the host chooses it, or it is no VF. */
    public boolean needsLease(PairView pair) {
        return pair.kind() == PrimaryKind.VF
                && request.policy().pools().stream()
                        .anyMatch(pool -> pair.pool().equals(Optional.of(pool.name())))
                && !HostNetworks.serve(pair, request.policy(), destinationFacts());
    }

    /** Read once: the choice of what is leased must not change during the migration. */
    private HostFacts destinationFacts() {
        if (destinationFacts.isEmpty()) {
            destinationFacts = Optional.of(request.destination().facts());
        }
        return destinationFacts.get();
    }

    /** Whether a pair arrives without its VF, as none was free. */
    public boolean lacksVf(PairView pair) {
        return needsLease(pair) && leases.stream().noneMatch(l -> l.primary().equals(pair.primary()));
    }

    public Map<Alias, PciAddress> assignedVfs() {
        return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
    }

    /** The live definition, adjusted to the destination. */
    public String liveOnDestination() {
        String adjusted =
                services.definitions().adjust(snapshot.live(), assignedVfs(), request.networksOnDestination());
        return isExplicit()
                ? services.definitions().without(adjusted, snapshot.presence().keySet())
                : adjusted;
    }

    /** The configured definition, adjusted to the destination. */
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

    /** True once the destination QEMU has provably ended. */
    public boolean isIncomingGone() {
        return incomingGone;
    }

    public void markIncomingGone() {
        incomingGone = true;
    }

    public SourceMonitor sourceMonitor() {
        return sourceMonitor.orElseThrow();
    }

    /** Empty until the source has started to send. */
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

    /** True if this server unplugs and plugs primaries, not QEMU. */
    public boolean isExplicit() {
        return strategy == MigrationStrategy.EXPLICIT;
    }

    /** When the guest had released its primaries; empty before that. */
    public Optional<Instant> released() {
        return unplugged.or(() -> sourceMonitor.flatMap(SourceMonitor::released));
    }

    public void unplugged(Instant at) {
        unplugged = Optional.of(at);
    }

    /** When the guest continued on the destination; empty before that. */
    public Optional<Instant> resumed() {
        return resumed;
    }

    public void resumed(Instant at) {
        resumed = Optional.of(at);
    }

    /** True if the guest has not enabled a primary on the destination. */
    public boolean isDegraded() {
        return degraded;
    }

    public void markDegraded() {
        degraded = true;
    }
}

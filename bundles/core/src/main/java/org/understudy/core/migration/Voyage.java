// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

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
import org.understudy.core.domain.DomainView.PairView;
import org.understudy.core.domain.HostNetworks;
import org.understudy.core.probe.GapProbe;

/** The working memory of one run: what was asked, what was found on the way, and how to get back. */
final class Voyage {
    private final Plan plan;
    private final Surroundings around;
    private final Picture picture;
    private final Trail trail;
    private final Undo undo = new Undo();
    private final List<Lease> leases = new ArrayList<>();
    private Cargo cargo = new Cargo("", "", List.of(), Map.of());
    private Optional<IncomingMigration> incoming = Optional.empty();
    private Optional<Sending> sending = Optional.empty();
    private Optional<GapProbe> probe = Optional.empty();
    private Optional<HostFacts> destinationFacts = Optional.empty();
    private Optional<Instant> resumed = Optional.empty();
    private Optional<Instant> unplugged = Optional.empty();
    private MigrationStrategy strategy = MigrationStrategy.AUTOMATIC;
    private boolean incomingGone;
    private boolean degraded;

    Voyage(Plan plan, Surroundings around, Picture picture, Trail trail) {
        this.plan = plan;
        this.around = around;
        this.picture = picture;
        this.trail = trail;
    }

    Plan plan() {
        return plan;
    }

    Surroundings around() {
        return around;
    }

    Picture picture() {
        return picture;
    }

    Trail trail() {
        return trail;
    }

    Undo undo() {
        return undo;
    }

    /** Writes down how far the run has come; returns once it is on disk. */
    void journal(Journal.Stage stage) {
        around.journal().write(new Journal.Entry(stage, picture.now(), plan.options(), List.copyOf(leases)));
    }

    /** The VFs reserved on the destination. */
    List<Lease> leases() {
        return leases;
    }

    /** Whether the VF of a pair on the destination is leased here; else the host picks it, or it is no VF. */
    boolean leases(PairView pair) {
        return pair.kind() == PrimaryKind.VF
                && plan.policy().pools().stream().anyMatch(pool -> pair.pool().equals(Optional.of(pool.name())))
                && !HostNetworks.serve(pair, plan.policy(), destinationFacts());
    }

    /** Asked for once: what is leased is not to change on the way. */
    private HostFacts destinationFacts() {
        if (destinationFacts.isEmpty()) {
            destinationFacts = Optional.of(plan.destination().facts());
        }
        return destinationFacts.get();
    }

    /** Whether a pair is to arrive without its VF, as none was free. */
    boolean lacksVf(PairView pair) {
        return leases(pair) && leases.stream().noneMatch(l -> l.primary().equals(pair.primary()));
    }

    Map<Alias, PciAddress> assignedVfs() {
        return leases.stream().collect(Collectors.toMap(Lease::primary, Lease::vf));
    }

    /** What the VM runs with, as the destination needs it. */
    String liveThere() {
        String there = around.definitions().adjust(cargo.live(), assignedVfs(), plan.networksThere());
        return isExplicit()
                ? around.definitions().without(there, cargo.presence().keySet())
                : there;
    }

    /** What is stored of the VM, as the destination needs it. */
    String configuredThere() {
        return around.definitions().adjust(cargo.configured(), assignedVfs(), plan.networksThere());
    }

    Cargo cargo() {
        return cargo;
    }

    void cargo(Cargo found) {
        cargo = found;
    }

    IncomingMigration incoming() {
        return incoming.orElseThrow();
    }

    void incoming(IncomingMigration prepared) {
        incoming = Optional.of(prepared);
    }

    /** True once the receiving QEMU is proven gone. */
    boolean isIncomingGone() {
        return incomingGone;
    }

    void incomingIsGone() {
        incomingGone = true;
    }

    Sending sending() {
        return sending.orElseThrow();
    }

    /** Empty until the source has been told to send. */
    Optional<Sending> sendingIfAny() {
        return sending;
    }

    void sending(Sending started) {
        sending = Optional.of(started);
    }

    Optional<GapProbe> probe() {
        return probe;
    }

    void probe(GapProbe opened) {
        probe = Optional.of(opened);
    }

    void strategy(MigrationStrategy chosen) {
        strategy = chosen;
    }

    /** True if primaries are unplugged and plugged by this run, not by QEMU. */
    boolean isExplicit() {
        return strategy == MigrationStrategy.EXPLICIT;
    }

    /** When the guest had let go of its primaries; empty before that. */
    Optional<Instant> released() {
        return unplugged.or(() -> sending.flatMap(Sending::released));
    }

    void unplugged(Instant at) {
        unplugged = Optional.of(at);
    }

    /** When the guest went on, on the destination; empty before that. */
    Optional<Instant> resumed() {
        return resumed;
    }

    void resumed(Instant at) {
        resumed = Optional.of(at);
    }

    /** True if a primary did not come back on the destination. */
    boolean isDegraded() {
        return degraded;
    }

    void degrade() {
        degraded = true;
    }
}

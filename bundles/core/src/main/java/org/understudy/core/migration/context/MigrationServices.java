// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.VfPools;
import org.understudy.concurrent.Scheduler;
import org.understudy.core.probe.GapProbes;

/**
 * Collaborators that all migrations share.
 *
 * @param poolSource returns an empty value while no service leases VFs
 * @param probes opens probes that measure the network gap
 * @param refresh reads a VM of a host for the lists of this server; blocks for a limited time
 * @param threads runs migrations and their calls to hosts, each of which may block
 */
public record MigrationServices(
        Definitions definitions,
        MoveLinter linter,
        Supplier<Optional<VfPools>> poolSource,
        GapProbes probes,
        UnplugGuard unplugGuard,
        MigrationJournal journal,
        MigrationTimings timings,
        BiConsumer<HostName, VmName> refresh,
        Scheduler scheduler,
        ExecutorService threads) {

    /** Checks a definition against the facts of the source and of the destination. */
    @FunctionalInterface
    public interface MoveLinter {
        List<Finding> lint(String definition, HostFacts source, HostFacts destination);
    }

    /** The same host, with a deadline for each query. */
    public Host bounded(Host host) {
        return new BoundedHost(host, boundedCalls());
    }

    private BoundedCalls boundedCalls() {
        return new BoundedCalls(scheduler, threads, timings.answer());
    }

    /** The service that leases VFs; empty if there is none at present. */
    public Optional<VfPools> pools() {
        return poolSource.get().map(pools -> new BoundedPools(pools, boundedCalls()));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.understudy.api.Finding;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.VfPools;
import org.understudy.core.probe.GapProbes;

/**
 * What every run works with.
 *
 * @param poolSource gives an empty value while no service hands out VFs
 * @param probes opens what measures the network gap
 * @param threads on which migrations, and their calls to hosts, run
 */
public record MigrationServices(
        Definitions definitions,
        MoveLinter linter,
        Supplier<Optional<VfPools>> poolSource,
        GapProbes probes,
        UnplugGuard unplugGuard,
        MigrationJournal journal,
        MigrationTimings timings,
        TimeSource time,
        Executor threads) {

    /** Judges a definition by the facts of the host it leaves and of the one it goes to. */
    @FunctionalInterface
    public interface MoveLinter {
        List<Finding> lint(String definition, HostFacts source, HostFacts destination);
    }

    /** The same host, with a deadline for each question to it. */
    public Host bounded(Host host) {
        return new BoundedHost(host, boundedCalls());
    }

    private BoundedCalls boundedCalls() {
        return new BoundedCalls(threads, time, timings.answer());
    }

    /** The service that hands out VFs, if there is one now. */
    public Optional<VfPools> pools() {
        return poolSource.get().map(pools -> new BoundedPools(pools, boundedCalls()));
    }
}

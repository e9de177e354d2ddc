// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationStep;
import org.understudy.api.Migrations;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.VmLocator;

/** Hosts in memory behind a real registry, and a list of migrations. */
public final class FakeHosts implements AutoCloseable {
    private final Map<HostName, FakeDefinitionHost> hosts = new LinkedHashMap<>();
    private final List<Migration> migrated = new CopyOnWriteArrayList<>();
    public final Policies policies = mock(Policies.class);
    public final Migrations migrations = mock(Migrations.class);
    public final PairHealthTracker health = mock(PairHealthTracker.class);
    /** Not fed: for services that only refresh it. */
    public final InventoryService inventory = mock(InventoryService.class);

    public final HostRegistry registry;
    public final VmLocator locator;

    public FakeHosts(FakeDefinitionHost... fakes) {
        Arrays.stream(fakes).forEach(h -> hosts.put(h.name(), h));
        when(policies.current())
                .thenReturn(policy(Arrays.stream(fakes)
                        .map(h -> new HostPolicy(h.name(), "fake", Map.of()))
                        .toArray(HostPolicy[]::new)));
        when(policies.listen(any())).thenReturn(() -> {});
        when(migrations.listen(any())).thenReturn(() -> {});
        when(migrations.list()).thenAnswer(call -> List.copyOf(migrated));
        registry = new HostRegistry(
                policies, new FakeScheduler(), new Backoff(Duration.ofMillis(10), Duration.ofMillis(640)));
        registry.addConnector(new Connector());
        locator = new VmLocator(registry);
    }

    private final class Connector implements HostConnector {
        @Override
        public String kind() {
            return "fake";
        }

        @Override
        public Host open(HostPolicy host) {
            return hosts.get(host.name());
        }
    }

    /** A policy with these hosts and an emulated pool for br0. */
    public static Policy policy(HostPolicy... hosts) {
        Duration time = Duration.ofSeconds(1);
        PoolName pool = new PoolName("trial");
        return new Policy(
                List.of(hosts),
                List.of(new PoolPolicy(pool, PrimaryKind.EMULATED, List.of(), Optional.of("e1000e"))),
                Map.of("br0", pool),
                new Policy.Deadlines(time, time, time, time, time, time, time, time),
                false,
                Optional.empty(),
                true,
                time,
                Map.of());
    }

    /** @param outcome empty while it runs */
    public void migrated(String vm, String source, String destination, Optional<Outcome> outcome) {
        migrated(vm, source, destination, outcome, List.of());
    }

    /** Adds a running migration that another program started. */
    public void watched(String vm, String source, String destination) {
        StepReport skipped = new StepReport(
                MigrationStep.PREFLIGHT, StepState.SKIPPED, Optional.empty(), Optional.empty(), Map.of());
        migrated(vm, source, destination, Optional.empty(), List.of(skipped));
    }

    /** Removes all migrations. */
    public void noneMigrates() {
        migrated.clear();
    }

    private void migrated(
            String vm, String source, String destination, Optional<Outcome> outcome, List<StepReport> steps) {
        migrated.add(new Migration(
                new MigrationId("m-1"),
                1,
                new VmName(vm),
                Optional.empty(),
                new HostName(source),
                new HostName(destination),
                List.of(),
                Instant.EPOCH,
                Optional.empty(),
                steps,
                Optional.empty(),
                outcome,
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("no probe"),
                List.of()));
    }

    @Override
    public void close() {
        registry.close();
    }
}

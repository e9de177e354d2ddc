// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;
import static org.understudy.core.fleet.FleetSamples.host;
import static org.understudy.core.fleet.FleetSamples.pair;
import static org.understudy.core.fleet.FleetSamples.pool;
import static org.understudy.core.fleet.FleetSamples.vm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigration.Entry;
import org.understudy.api.BulkMigration.State;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.Outcome;
import org.understudy.api.PairHealth;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.concurrent.testing.FakeScheduler;

class BulkMigrationServiceTest {
    private static final HostName BETA = new HostName("beta");

    private final FakeScheduler scheduler = new FakeScheduler();
    private final VirtualMachines machines = mock(VirtualMachines.class);
    private final Migrations migrations = mock(Migrations.class);
    private final Policies policies = mock(Policies.class);
    private final HostNics nics = mock(HostNics.class);
    private final List<Migration> started = new ArrayList<>();
    private Consumer<Migration> listener;
    private BulkMigrationService bulk;

    @BeforeEach
    void prepare() {
        when(policies.current()).thenReturn(FleetSamples.policy(2));
        when(machines.hosts())
                .thenReturn(List.of(host("alpha", "libvirt"), host("beta", "libvirt"), host("gamma", "libvirt")));
        known("a", "b", "c", "d");
        when(nics.pools()).thenReturn(List.of(pool(Map.of("beta", 8, "gamma", 4))));
        when(migrations.listen(any())).thenAnswer(call -> {
            listener = call.getArgument(0);
            return (Subscription) () -> {};
        });
        when(migrations.list()).thenAnswer(call -> List.copyOf(started));
        when(migrations.show(any()))
                .thenAnswer(call -> started.stream()
                        .filter(m -> m.id().equals(call.getArgument(0)))
                        .findFirst()
                        .orElseThrow());
        when(migrations.start(any(), any(), any())).thenAnswer(call -> {
            VmOnHost address = call.getArgument(0);
            Vm vm = machines.list().vms().stream()
                    .filter(known -> address.matches(known.host(), known.name().value(), known.uuid()))
                    .findFirst()
                    .orElseThrow();
            HostName to = call.getArgument(1);
            Migration first = FleetSamples.migration(
                    "m-" + started.size(), vm.name().value(), vm.host().value(), to.value(), Optional.empty());
            started.add(first);
            return first;
        });
        bulk = new BulkMigrationService(machines, migrations, policies, scheduler);
        bulk.setNics(nics);
    }

    @AfterEach
    void close() {
        bulk.close();
    }

    private void known(String... names) {
        List<Vm> all = Arrays.stream(names)
                .map(name -> vm(name, "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE)))
                .toList();
        when(machines.list()).thenReturn(new VmInventory(all, List.of()));
    }

    private BulkMigration start(Optional<HostName> destination, String... names) {
        List<VmAddress> vms = Arrays.stream(names).<VmAddress>map(VmName::new).toList();
        return bulk.start(vms, destination, MigrationOptions.defaults());
    }

    private void end(int index, Outcome outcome) {
        Migration m = started.get(index);
        Migration ended = new Migration(
                m.id(),
                m.revision() + 1,
                m.vm(),
                m.uuid(),
                m.source(),
                m.destination(),
                m.primaries(),
                m.started(),
                Optional.of(scheduler.instant()),
                m.steps(),
                Optional.of(100),
                Optional.of(outcome),
                m.downtime(),
                m.onStandby(),
                m.networkGap(),
                m.findings());
        started.set(index, ended);
        listener.accept(ended);
    }

    private List<State> states(String id) {
        return bulk.show(id).entries().stream().map(Entry::state).toList();
    }

    @Test
    void runsAsManyMigrationsAtOnceAsTheConfigurationAllows() {
        String id = start(Optional.of(BETA), "a", "b", "c", "d").id();

        assertThat(states(id)).containsExactly(State.RUNNING, State.RUNNING, State.WAITING, State.WAITING);
        assertThat(bulk.show(id).entries().get(2).reason()).isEqualTo("Host alpha has 2 migrations; limit: 2");

        end(0, Outcome.COMPLETED);
        assertThat(states(id)).containsExactly(State.ENDED, State.RUNNING, State.RUNNING, State.WAITING);

        end(1, Outcome.FAILED_ON_SOURCE);
        end(2, Outcome.COMPLETED);
        end(3, Outcome.COMPLETED);
        assertThat(bulk.show(id).isRunning()).isFalse();
        assertThat(bulk.show(id).entries())
                .extracting(e -> e.outcome().orElseThrow())
                .containsExactly(Outcome.COMPLETED, Outcome.FAILED_ON_SOURCE, Outcome.COMPLETED, Outcome.COMPLETED);
    }

    @Test
    void countsMigrationsThatOthersHaveStarted() {
        started.add(FleetSamples.migration("m-x", "x", "alpha", "gamma", Optional.empty()));

        String id = start(Optional.of(BETA), "a", "b").id();

        assertThat(states(id)).containsExactly(State.RUNNING, State.WAITING);

        end(0, Outcome.COMPLETED);
        assertThat(states(id)).containsExactly(State.RUNNING, State.RUNNING);
    }

    @Test
    void choosesForEachVmTheHostWithTheMostFreeVfs() {
        when(policies.current()).thenReturn(FleetSamples.policy(9));
        when(nics.pools()).thenReturn(List.of(pool(Map.of("beta", 2, "gamma", 1))));

        String id = start(Optional.empty(), "a", "b", "c").id();

        assertThat(bulk.show(id).entries())
                .extracting(e -> e.destination().orElseThrow().value())
                .containsExactlyInAnyOrder("beta", "beta", "gamma");
    }

    @Test
    void waitsForAVfWhileAnotherMigrationMayFreeOneAndEndsOtherwise() {
        when(policies.current()).thenReturn(FleetSamples.policy(9));
        when(nics.pools()).thenReturn(List.of(pool(Map.of("beta", 1))));

        String id = start(Optional.empty(), "a", "b").id();
        assertThat(states(id)).containsExactly(State.RUNNING, State.WAITING);
        assertThat(bulk.show(id).entries().get(1).reason()).isEqualTo("No other host has enough free VFs");

        when(nics.pools()).thenReturn(List.of(pool(Map.of("beta", 0))));
        end(0, Outcome.COMPLETED);

        assertThat(states(id)).containsExactly(State.ENDED, State.REFUSED);
        assertThat(bulk.show(id).isRunning()).isFalse();
    }

    @Test
    void startsWhatWaitsWhenAVfIsFree() {
        when(policies.current()).thenReturn(FleetSamples.policy(9));
        when(nics.pools()).thenReturn(List.of(pool(Map.of("beta", 1))));
        String id = start(Optional.empty(), "a", "b").id();

        when(nics.pools()).thenReturn(List.of(pool(Map.of("beta", 3))));
        scheduler.advance(Duration.ofSeconds(10));

        assertThat(states(id)).containsExactly(State.RUNNING, State.RUNNING);
    }

    @Test
    void cancelsWhatWaitsAndWhatRuns() {
        String id = start(Optional.of(BETA), "a", "b", "c").id();

        bulk.cancel(id);

        verify(migrations).cancel(new MigrationId("m-0"));
        verify(migrations).cancel(new MigrationId("m-1"));
        assertThat(states(id)).containsExactly(State.RUNNING, State.RUNNING, State.CANCELLED);

        end(0, Outcome.CANCELLED);
        end(1, Outcome.COMPLETED);
        assertThat(bulk.show(id).isRunning()).isFalse();
        assertThat(started).hasSize(2);
    }

    @Test
    void doesNotStartAMigrationThatIsCancelledWhenItIsAboutTo() {
        AtomicBoolean cancelled = new AtomicBoolean();
        bulk.listen(now -> {
            if (now.count(State.RUNNING) > 0 && cancelled.compareAndSet(false, true)) {
                bulk.cancel(now.id());
            }
        });

        String id = start(Optional.of(BETA), "a").id();

        assertThat(states(id)).containsExactly(State.CANCELLED);
        assertThat(bulk.show(id).isRunning()).isFalse();
        verify(migrations, never()).start(any(), any(), any());
    }

    @Test
    void keepsWhatWaitsWhenTheServiceOfTheNicsIsReplaced() {
        when(policies.current()).thenReturn(FleetSamples.policy(9));
        when(nics.pools()).thenReturn(List.of(pool(Map.of("beta", 1))));
        String id = start(Optional.empty(), "a", "b").id();

        HostNics next = mock(HostNics.class);
        when(next.pools()).thenReturn(List.of(pool(Map.of("beta", 3))));
        bulk.setNics(next);
        bulk.unsetNics(nics);
        scheduler.advance(Duration.ofSeconds(10));

        assertThat(states(id)).containsExactly(State.RUNNING, State.RUNNING);
    }

    @Test
    void cancelsOneVmOnly() {
        String id = start(Optional.of(BETA), "a", "b", "c", "d").id();

        bulk.cancel(id, new VmName("c"));
        bulk.cancel(id, new VmName("b"));

        verify(migrations).cancel(new MigrationId("m-1"));
        verify(migrations, never()).cancel(new MigrationId("m-0"));
        assertThat(states(id)).containsExactly(State.RUNNING, State.RUNNING, State.CANCELLED, State.WAITING);
        assertThatThrownBy(() -> bulk.cancel(id, new VmName("zz"))).hasMessageContaining("'zz'");
    }

    @Test
    void aVmThatCannotStartEndsAloneWithTheReason() {
        doThrow(new UnderstudyException(ErrorCode.MIGRATION_IN_PROGRESS, "VM a is already being migrated"))
                .doAnswer(call -> FleetSamples.migration("m-9", "b", "alpha", "beta", Optional.empty()))
                .when(migrations)
                .start(any(), any(), any());
        started.add(FleetSamples.migration("m-9", "b", "alpha", "beta", Optional.empty()));

        String id = start(Optional.of(BETA), "a", "b").id();
        scheduler.advance(Duration.ofSeconds(10));

        assertThat(states(id)).containsExactly(State.REFUSED, State.RUNNING);
        assertThat(bulk.show(id).entries().get(0).reason()).isEqualTo("VM a is already being migrated");
    }

    @Test
    void queuesNothingIfOneVmIsUnknownOrQueuedAlready() {
        assertThatThrownBy(() -> start(Optional.of(BETA), "a", "zz"))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VM_NOT_FOUND));
        assertThatThrownBy(() -> start(Optional.of(new HostName("omega")), "a"))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_NOT_FOUND));
        assertThatThrownBy(() -> start(Optional.of(BETA)))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
        assertThat(bulk.list()).isEmpty();

        String id = start(Optional.of(BETA), "a").id();
        assertThatThrownBy(() -> start(Optional.of(BETA), "b", "a")).hasMessageContaining(id);
        assertThat(bulk.list()).hasSize(1);
    }

    @Test
    void aVmThatIsNamedTwiceIsMigratedOnce() {
        assertThat(start(Optional.of(BETA), "a", "a").entries()).hasSize(1);
    }

    @Test
    void publishesEachChangeWithAHigherRevision() {
        List<BulkMigration> seen = new ArrayList<>();
        bulk.listen(seen::add);

        start(Optional.of(BETA), "a");
        end(0, Outcome.COMPLETED);

        assertThat(seen).extracting(BulkMigration::revision).isSorted().doesNotHaveDuplicates();
        assertThat(seen.get(seen.size() - 1).isRunning()).isFalse();
    }

    @Test
    void keepsTheLastHundredEndedOnes() {
        for (int i = 0; i < 105; i++) {
            start(Optional.of(BETA), "a");
            end(i, Outcome.COMPLETED);
        }

        assertThat(bulk.list()).hasSize(100);
        assertThat(bulk.list().get(0).id()).endsWith("-105");
    }
}

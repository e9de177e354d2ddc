// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Alias;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.testing.FakeHost.Fault;

class MigrationHappyPathTest {
    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void migratesTheVmInSevenSteps() {
        Migration m = bench.migrate();

        assertThat(m.findings()).extracting(f -> f.code().id()).containsExactly("no-gap-probe");
        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.steps()).extracting(StepReport::state).containsOnly(StepState.DONE);
        assertThat(m.progress()).contains(100);
        assertThat(m.downtime()).isPresent();
        assertThat(m.onStandby()).isPresent();
        assertThat(m.ended()).isPresent();
        assertThat(bench.a.calls()).containsExactly("send web1", "finish web1");
        assertThat(bench.b.calls()).containsExactly("prepare web1", "accept web1");
        assertThat(bench.a.find(MigrationBench.VM)).isEmpty();
        assertThat(bench.b.vm(MigrationBench.VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void unplugsBeforeSendingAndPlugsAfterTheSwitchoverWhereThatIsConfigured() {
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(bench.calls)
                .containsSubsequence(
                        "lease ua-vf0",
                        "prepare web1",
                        "unplug ua-vf0",
                        "send web1",
                        "accept web1",
                        "plug ua-vf0",
                        "finish web1");
        assertThat(bench.b.liveDefinition(MigrationBench.VM).orElseThrow()).endsWith("without [ua-vf0]");
        assertThat(bench.b.definition(MigrationBench.VM)).doesNotContain("without");
        assertThat(fact(m, "strategy")).isEqualTo("explicit, as configured");
        assertThat(m.onStandby()).isPresent();
    }

    @Test
    void choosesAutomaticForTheVfOfASmallVm() {
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));

        assertThat(fact(bench.migrate(), "strategy"))
                .startsWith("automatic, predicted: opening the VFs takes about 200 ms");
    }

    @Test
    void choosesExplicitWhereVfioPinsMemoryForLongerThanTheDowntimeLimit() {
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.memory("GiB", 64);

        assertThat(fact(bench.migrate(), "strategy"))
                .isEqualTo("explicit, predicted: opening the VFs takes about 26888 ms; the downtime limit is 300 ms");
    }

    @Test
    void choosesExplicitForAVmWithTwoVfs() {
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        Alias second = new Alias("ua-vf1");
        bench.pairs.add(MigrationBench.pair(second, PrimaryKind.VF));
        bench.a
                .running("web1", MigrationBench.DEFINITION, MigrationBench.PRIMARY)
                .primary(second, PrimaryPresence.ENABLED);

        assertThat(fact(bench.migrate(), "strategy"))
                .startsWith("explicit, predicted: opening the VFs takes about 400 ms");
    }

    @Test
    void choosesAutomaticForAnEmulatedPrimaryWhateverIsConfigured() {
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);

        assertThat(fact(bench.migrate(), "strategy")).startsWith("automatic, no VF");
    }

    @Test
    void choosesAutomaticForAHiddenPrimaryWhateverIsConfigured() {
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);
        bench.a.vm(MigrationBench.VM).primary(MigrationBench.PRIMARY, PrimaryPresence.HIDDEN);

        Migration m = bench.migrate();

        assertThat(fact(m, "strategy")).startsWith("automatic, no VF");
        assertThat(bench.calls).doesNotContain("unplug ua-vf0");
    }

    @Test
    void plugsAPrimaryThatQemuHasNotPlugged() {
        bench.b.with(Fault.PRIMARY_LATE);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(bench.b.calls()).contains("plug ua-vf0");
    }

    private static String fact(Migration m, String name) {
        return m.steps().stream()
                .flatMap(s -> s.facts().entrySet().stream())
                .filter(f -> f.getKey().equals(name))
                .map(f -> String.valueOf(f.getValue()))
                .findFirst()
                .orElse("");
    }

    @Test
    void supportsHostsThatSwitchByThemselves() {
        bench.a.with(Fault.SWITCHES_BY_ITSELF);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.steps()).extracting(StepReport::state).containsOnly(StepState.DONE);
        assertThat(bench.a.calls()).containsExactly("send web1", "finish web1");
        assertThat(bench.b.calls()).containsExactly("prepare web1");
        assertThat(bench.b.vm(MigrationBench.VM).state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void leasesAVfOnTheDestinationAndReleasesTheOneOnTheSource() {
        bench.pairs.clear();
        bench.pairs.add(MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.pools.leased.add(bench.leaseOnSource());

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(bench.pools.leased)
                .hasSize(2)
                .last()
                .satisfies(l -> assertThat(l.host()).isEqualTo(MigrationBench.B));
        assertThat(bench.pools.released)
                .singleElement()
                .satisfies(l -> assertThat(l.host()).isEqualTo(bench.a.name()));
        assertThat(bench.b.vm(MigrationBench.VM).live().orElseThrow()).contains("ua-vf0=0000:02:10.1");
    }

    @Test
    void forwardsFramesOnTheSourceBeforeTheUnplugAndOnTheDestinationBeforeTheSwitchover() {
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.pools.leased.add(bench.leaseOnSource());

        bench.migrate();

        assertThat(bench.calls).containsSubsequence("detour a true", "send web1", "detour b true", "accept web1");
    }

    @Test
    void migratesTwoPairsTogetherAndReportsTheKindOfTheirPrimaries() {
        bench.pairs.clear();
        bench.pairs.add(MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.pairs.add(MigrationBench.pair(MigrationBench.SECOND, PrimaryKind.EMULATED));
        bench.a.running("web1", MigrationBench.DEFINITION, MigrationBench.PRIMARY, MigrationBench.SECOND);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(MigrationBench.step(m, MigrationStep.TO_PRIMARY).facts())
                .containsEntry("ua-vf0", "ENABLED")
                .containsEntry("ua-vf1", "ENABLED");
        assertThat(m.primaries()).containsExactly(PrimaryKind.VF, PrimaryKind.EMULATED);
    }

    @Test
    void skipsTheNicStepsOfAVmWithoutPair() {
        bench.pairs.clear();
        bench.a.running("web1", MigrationBench.DEFINITION);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(MigrationBench.step(m, MigrationStep.TO_STANDBY).state()).isEqualTo(StepState.SKIPPED);
        assertThat(MigrationBench.step(m, MigrationStep.TO_PRIMARY).state()).isEqualTo(StepState.SKIPPED);
        assertThat(m.onStandby()).isEmpty();
    }

    @Test
    void completesWithoutPhaseEvents() {
        bench.a.with(Fault.NO_PHASE_EVENTS);

        assertThat(bench.migrate().outcome()).contains(Outcome.COMPLETED);
    }

    @Test
    void reportsWhatTheProbeMeasured() {
        MigrationBench.FakeProbe probe = bench.probe;
        Duration delay = Duration.ofMillis(150);
        probe.primaryAfter = Optional.of(delay);

        Migration m =
                bench.migrate(MigrationOptions.defaults().withProbe(new ProbeTarget.Heartbeat("127.0.0.1", 0, 7)));

        assertThat(m.networkGap()).isInstanceOfSatisfying(NetworkGap.Measured.class, gap -> {
            assertThat(gap.lost()).isEqualTo(1);
            assertThat(gap.longestGap()).isEqualTo(Duration.ofMillis(20));
        });
        assertThat(m.onStandby().orElseThrow()).isGreaterThanOrEqualTo(delay);
        assertThat(MigrationBench.step(m, MigrationStep.TO_PRIMARY).facts())
                .containsEntry("evidence", "heartbeat on the primary");
        assertThat(probe.closed).isTrue();
        assertThat(m.findings()).isEmpty();
    }

    @Test
    void neverInventsAGap() {
        assertThat(bench.migrate().networkGap()).isInstanceOf(NetworkGap.NotMeasured.class);
    }

    @Test
    void migratesBackAndForth() {
        assertThat(bench.migrate().outcome()).contains(Outcome.COMPLETED);
        Migration back = bench.service().start(MigrationBench.VM, bench.a.name(), MigrationOptions.defaults());

        assertThat(bench.await(back).outcome()).contains(Outcome.COMPLETED);
        assertThat(bench.a.vm(MigrationBench.VM).state()).isEqualTo(VmState.RUNNING);
        assertThat(bench.service().list())
                .hasSize(2)
                .first()
                .satisfies(m -> assertThat(m.id()).isEqualTo(back.id()));
    }

    @Test
    void closesAllItsSubscriptions() {
        bench.service();
        int before = bench.a.consumers();
        bench.migrate();

        MigrationBench.soon().until(() -> bench.a.consumers() == before);
    }
}

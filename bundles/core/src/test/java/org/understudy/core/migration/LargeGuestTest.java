// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.codes;
import static org.understudy.core.migration.MigrationBench.step;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.VfOpening;

/** A guest whose memory makes its VFs slow to open. */
class LargeGuestTest {
    private static final long GIB = 1L << 30;
    private static final Duration OPENING = Duration.ofSeconds(53);

    @TempDir
    Path folder;

    private MigrationBench bench;

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.pairs.set(0, MigrationBench.pair(MigrationBench.PRIMARY, PrimaryKind.VF));
        bench.memory("GiB", 128);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void isPluggedWithinADeadlineThatKnowsItsSize() {
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);
        bench.b.onPlug(() -> bench.sleep(OPENING));

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(step(m, MigrationStep.TO_PRIMARY).facts()).containsEntry("openedMs-ua-vf0", "53000");
        assertThat(new MigrationJournal(folder).openings())
                .containsExactly(new VfOpening(VM, MigrationStrategy.EXPLICIT, 128 * GIB, 1, OPENING));
    }

    @Test
    void isEndedByTheUsualDeadlineIfItIsSmall() {
        bench.memory("MiB", 128);
        bench.strategy = Optional.of(MigrationStrategy.EXPLICIT);
        bench.b.onPlug(() -> bench.sleep(OPENING));

        assertThat(codes(bench.migrate())).contains("step-deadline-exceeded");
    }

    /** QEMU opens the VF while it loads the VM, and answers no query meanwhile. */
    @Test
    void isAwaitedWhileItsQemuDoesNotAnswer() {
        bench.strategy = Optional.of(MigrationStrategy.AUTOMATIC);
        bench.b.onLoad(silentFor(OPENING));

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(new MigrationJournal(folder).openings())
                .singleElement()
                .satisfies(o -> assertThat(o.strategy()).isEqualTo(MigrationStrategy.AUTOMATIC))
                .satisfies(o -> assertThat(Optional.of(o.time())).isEqualTo(m.downtime()));
    }

    private Runnable silentFor(Duration span) {
        long[] end = new long[1];
        return () -> {
            end[0] = end[0] == 0 ? bench.time.nanos() + span.toNanos() : end[0];
            if (bench.time.nanos() < end[0]) {
                throw new UnderstudyException(ErrorCode.DEADLINE_EXCEEDED, "no answer for 'query-migrate' within 5 s");
            }
        };
    }

    @Test
    void usesTheStrategyThatItsLastMigrationsSuggest() {
        measured(MigrationStrategy.AUTOMATIC, Duration.ofMillis(280));
        assertThat(strategy())
                .isEqualTo("automatic, measured: with automatic the downtime was 280 ms; the downtime limit is 300 ms");
    }

    @Test
    void usesTheTimeOfAPlugBeforeTheDowntimeThatContainsMore() {
        measured(MigrationStrategy.AUTOMATIC, Duration.ofMillis(900));
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(120));
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(150));
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(130));
        assertThat(strategy())
                .isEqualTo("automatic, measured: opening the VFs took 150 ms; the downtime limit is 300 ms");
    }

    @Test
    void forgetsAllButTheLastThree() {
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(900));
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(100));
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(110));
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(120));
        assertThat(strategy()).startsWith("automatic, measured: opening the VFs took 120 ms");
    }

    @Test
    void ignoresWhatWasMeasuredBeforeItsMemoryChanged() {
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(100));
        bench.memory("GiB", 64);
        assertThat(strategy()).startsWith("explicit, predicted: opening the VFs takes about 26888 ms");
    }

    @Test
    void remembersOverARestart() {
        measured(MigrationStrategy.EXPLICIT, Duration.ofMillis(100));
        bench.service();
        bench.restart();
        assertThat(strategy()).startsWith("automatic, measured");
    }

    @Test
    void preflightSaysWhatToChange() {
        bench.a.facts(onLibvirt());

        Finding found = slowOpening(MigrationOptions.defaults());

        assertThat(found.message())
                .isEqualTo(
                        "Opening the VFs of VM web1 on host b takes about 53 s, as VFIO pins and clears 128 GiB of memory;"
                                + " the VM uses its standby NIC meanwhile");
        assertThat(found.remedy()).startsWith("Add <hugepages/> or <allocation mode='immediate'/> to <memoryBacking>");
    }

    @Test
    void preflightWarnsOfTheDowntimeOfARequestedStrategy() {
        bench.strategy = Optional.of(MigrationStrategy.AUTOMATIC);

        Finding found = slowOpening(MigrationOptions.defaults());

        assertThat(found.message()).endsWith("the VM is paused meanwhile");
        assertThat(found.remedy()).isEqualTo("Migrate with --strategy explicit, so that the VM runs meanwhile.");
    }

    @Test
    void preflightReportsNothingForASmallGuest() {
        bench.memory("GiB", 4);

        assertThat(bench.service().preflight(VM, MigrationBench.B, MigrationOptions.defaults()))
                .extracting(Finding::code)
                .doesNotContain(FindingCode.VF_OPENING_SLOW);
    }

    private static HostFacts onLibvirt() {
        HostFacts.Version version = new HostFacts.Version(11, 3, 0);
        return new HostFacts(
                "libvirt",
                "libvirt 11.3.0",
                Optional.of(version),
                Optional.of(version),
                Optional.of("kvm"),
                Set.of(),
                Optional.of(true),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                List.of());
    }

    private Finding slowOpening(MigrationOptions options) {
        List<Finding> findings = bench.service().preflight(VM, MigrationBench.B, options);
        return findings.stream()
                .filter(f -> f.code() == FindingCode.VF_OPENING_SLOW)
                .findFirst()
                .orElseThrow();
    }

    private void measured(MigrationStrategy strategy, Duration time) {
        new MigrationJournal(folder).measured().add(new VfOpening(VM, strategy, 128 * GIB, 1, time));
    }

    private String strategy() {
        return step(bench.migrate(), MigrationStep.LEASE).facts().get("strategy");
    }
}

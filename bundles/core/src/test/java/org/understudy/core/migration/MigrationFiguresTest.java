// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.VM;
import static org.understudy.core.migration.MigrationBench.step;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.Outcome;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

/** Durations of a migration while the clocks of its hosts or of this server are set, or this server does not run. */
class MigrationFiguresTest {
    /** Moments of a migration, by an event of the source, or of the destination from the resume on. */
    private enum When {
        BEFORE(e -> false),
        TO_STANDBY(e -> isPhase(e, MigrationPhase.SETUP)),
        COPY(e -> isPhase(e, MigrationPhase.ACTIVE)),
        PAUSE(HostEvent.Paused.class::isInstance),
        RESUME(HostEvent.Resumed.class::isInstance),
        TO_PRIMARY(HostEvent.DevicePlugged.class::isInstance);

        private final Predicate<HostEvent> event;

        When(Predicate<HostEvent> event) {
            this.event = event;
        }

        private static boolean isPhase(HostEvent event, MigrationPhase phase) {
            return event instanceof HostEvent.MigrationChanged changed && changed.phase() == phase;
        }
    }

    private enum Clock {
        SOURCE,
        DESTINATION,
        SERVER
    }

    @TempDir
    Path folder;

    private MigrationBench bench;
    private final AtomicLong paused = new AtomicLong();
    private final AtomicLong resumed = new AtomicLong();

    @BeforeEach
    void open() {
        bench = new MigrationBench(folder);
        bench.b.with(Fault.PRIMARY_LATE);
        bench.a.subscribe(e -> note(e, HostEvent.Paused.class, paused));
        bench.b.subscribe(e -> note(e, HostEvent.Resumed.class, resumed));
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private void note(HostEvent event, Class<? extends HostEvent> kind, AtomicLong at) {
        if (kind.isInstance(event)) {
            at.set(bench.time.nanos());
        }
    }

    /** Does something once, before the migration receives the event. */
    private void at(When when, Runnable action) {
        AtomicBoolean done = new AtomicBoolean();
        if (when == When.BEFORE) {
            action.run();
            return;
        }
        (when.compareTo(When.RESUME) < 0 ? bench.a : bench.b).subscribe(e -> {
            if (when.event.test(e) && done.compareAndSet(false, true)) {
                action.run();
            }
        });
    }

    private Duration realDowntime() {
        return Duration.ofNanos(resumed.get() - paused.get());
    }

    private static Map<String, String> facts(Migration m) {
        return step(m, MigrationStep.SWITCH).facts();
    }

    static Stream<Arguments> steps() {
        return Stream.of(-3600, -2, 2, 3600)
                .flatMap(seconds -> Arrays.stream(When.values())
                        .flatMap(when -> Arrays.stream(Clock.values())
                                .map(clock -> Arguments.of(Duration.ofSeconds(seconds), clock, when))));
    }

    /** A clock that is set in the middle of a time makes it unknown at most. */
    @ParameterizedTest(name = "{0} on {1}, {2}")
    @MethodSource("steps")
    void areMeasuredOrAbsentWhenAClockIsSet(Duration step, Clock clock, When when) {
        if (clock == Clock.SERVER) {
            at(when, () -> bench.time.after(Duration.ofMillis(1), () -> bench.time.stepDate(step)));
        } else {
            setsItsClock(clock == Clock.SOURCE ? bench.a : bench.b, step, when);
        }

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        m.downtime()
                .ifPresent(downtime -> assertThat(downtime).as("%s", facts(m)).isEqualTo(realDowntime()));
        Duration all = Duration.ofNanos(bench.time.nanos());
        m.onStandby().ifPresent(time -> assertThat(time).isBetween(realDowntime(), all));
        assertThat(m.steps())
                .allSatisfy(s -> assertThat(s.duration().orElseThrow()).isBetween(Duration.ZERO, all));
        if (clock == Clock.SERVER || when == When.BEFORE || when == When.TO_PRIMARY) {
            assertThat(m.downtime()).as("%s", facts(m)).isPresent();
        }
        if (m.downtime().isEmpty()) {
            assertThat(facts(m).get("downtimeFrom")).startsWith("not measured: ");
        }
    }

    private void setsItsClock(FakeHost host, Duration step, When when) {
        Instant start = bench.time.instant();
        AtomicLong offset = new AtomicLong();
        host.by(() -> start.plusNanos(bench.time.nanos() + offset.get()), bench.time::hang);
        at(when, () -> offset.set(step.toNanos()));
    }

    @Test
    void downtimeIsAbsentIfTheClockOfTheSourceWasSetBackDuringTheCopy() {
        setsItsClock(bench.a, Duration.ofHours(-1), When.COPY);

        Migration m = bench.migrate();

        assertThat(m.downtime()).as("%s", facts(m)).isEmpty();
        assertThat(facts(m))
                .containsEntry(
                        "downtimeFrom",
                        "not measured: events arrived up to 3600000 ms late, or the clock of a host was set by as much");
    }

    @ParameterizedTest
    @EnumSource(When.class)
    void areMeasuredOrAbsentIfThisServerDidNotRun(When when) {
        at(when, () -> bench.time.passStopped(Duration.ofSeconds(60)));

        Migration m = bench.migrate();

        assertThat(m.outcome()).as("%s", m).contains(Outcome.COMPLETED);
        m.downtime().ifPresent(downtime -> assertThat(downtime).isEqualTo(realDowntime()));
        m.onStandby().ifPresent(time -> assertThat(when).isIn(When.BEFORE, When.TO_STANDBY, When.COPY, When.PAUSE));
    }

    @ParameterizedTest
    @ValueSource(longs = {40, 60})
    void downtimeIsAbsentIfThisServerDidNotRunAtItsEnd(long seconds) {
        at(When.RESUME, () -> bench.time.passStopped(Duration.ofSeconds(seconds)));

        Migration m = bench.migrate();

        assertThat(m.downtime()).isEmpty();
        String reason = "this server did not run for " + seconds + "000 ms";
        assertThat(facts(m).get("downtimeFrom")).startsWith("not measured: ").endsWith(reason);
        assertThat(step(m, MigrationStep.TO_PRIMARY).facts().get("onStandby"))
                .startsWith("not measured: ")
                .endsWith(reason);
    }

    @Test
    void downtimeThatQemuReportsIsNamedAsQemus() {
        bench.a.with(Fault.NO_PAUSE_EVENTS);

        Migration m = bench.migrate();

        assertThat(m.outcome()).contains(Outcome.COMPLETED);
        assertThat(m.downtime()).isEmpty();
        assertThat(facts(m))
                .containsEntry("downtimeFrom", "not measured: the source did not report the pause")
                .containsEntry("downtimeByQemu", "7 ms, without the time that QEMU waits for the switch");
    }

    @Test
    void downtimeIsAbsentIfEventsWereMissedAfterThePause() {
        at(When.RESUME, () -> bench.a.emit(new HostEvent.EventsMissed(VM, bench.time.instant())));

        Migration m = bench.migrate();

        assertThat(m.downtime()).isEmpty();
        assertThat(facts(m)).containsEntry("downtimeFrom", "not measured: events of a host were missed");
    }

    @Test
    void downtimeCountsFromTheLastPause() {
        at(When.TO_STANDBY, () -> bench.a.emit(new HostEvent.Paused(VM, bench.time.instant())));

        Migration m = bench.migrate();

        assertThat(m.downtime()).contains(realDowntime());
    }

    @Test
    void downtimeOfAMigrationByAnotherProgramIsMeasuredOrAbsentToo() {
        bench.a.with(Fault.SWITCHES_BY_ITSELF);
        bench.b.without(Fault.PRIMARY_LATE);
        setsItsClock(bench.a, Duration.ofHours(-1), When.PAUSE);

        Migration m = bench.await(bench.externalMigration());

        assertThat(m.outcome()).as("%s", m).contains(Outcome.COMPLETED);
        m.downtime().ifPresent(downtime -> assertThat(downtime).isEqualTo(realDowntime()));
        assertThat(facts(m)).containsKey("downtimeFrom");
    }
}

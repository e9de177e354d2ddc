// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;

/** The picture of a migration as it is being painted: each change makes a new {@link Migration} and shows it. */
public final class MigrationStatusBuilder {
    private final Consumer<Migration> audience;
    private final TimeSource time;
    private final Map<MigrationStep, Line> lines = new EnumMap<>(MigrationStep.class);
    private final List<Finding> findings = new ArrayList<>();
    private final List<PrimaryKind> primaries = new ArrayList<>();
    private Migration shown;

    /** @param first what to start from; its steps and findings are kept */
    public MigrationStatusBuilder(Migration first, TimeSource time, Consumer<Migration> audience) {
        this.shown = first;
        this.time = time;
        this.audience = audience;
        first.steps().forEach(s -> lines.put(s.step(), new Line(s, time)));
        findings.addAll(first.findings());
        primaries.addAll(first.primaries());
    }

    /** All seven steps, none begun. */
    public static List<StepReport> untouched() {
        List<StepReport> all = new ArrayList<>();
        for (MigrationStep step : MigrationStep.values()) {
            all.add(new StepReport(step, StepState.PENDING, Optional.empty(), Optional.empty(), Map.of()));
        }
        return all;
    }

    public synchronized Migration now() {
        return shown;
    }

    public synchronized StepState state(MigrationStep step) {
        return lines.get(step).state;
    }

    public synchronized void begin(MigrationStep step) {
        lines.get(step).begin(time.instant());
        show();
    }

    /** Ends a running step as {@link StepState#DONE}, unless it has said itself how it ended. */
    public synchronized void done(MigrationStep step) {
        if (lines.get(step).state == StepState.RUNNING) {
            end(step, StepState.DONE);
        }
    }

    public synchronized void skip(MigrationStep step, String reason) {
        lines.get(step).facts.put("skipped", reason);
        end(step, StepState.SKIPPED);
    }

    public synchronized void end(MigrationStep step, StepState state) {
        lines.get(step).end(state);
        show();
    }

    public synchronized void fact(MigrationStep step, String key, Object value) {
        lines.get(step).facts.put(key, value.toString());
        show();
    }

    public synchronized void add(List<Finding> more) {
        more.stream().filter(f -> !findings.contains(f)).forEach(findings::add);
        show();
    }

    public synchronized void add(Finding finding) {
        add(List.of(finding));
    }

    /** Takes away a finding that is not true any more. */
    public synchronized void remove(Finding finding) {
        if (findings.remove(finding)) {
            show();
        }
    }

    synchronized List<Finding> findings() {
        return List.copyOf(findings);
    }

    public synchronized void primaries(List<PrimaryKind> kinds) {
        primaries.clear();
        primaries.addAll(kinds);
        show();
    }

    public synchronized void progress(int percent) {
        if (!shown.progress().equals(Optional.of(percent))) {
            show(shown.ended(), Optional.of(percent), shown.outcome());
        }
    }

    public synchronized void downtime(Duration measured) {
        figures(Optional.of(measured), shown.onStandby(), shown.networkGap());
    }

    public synchronized void onStandby(Duration measured) {
        figures(shown.downtime(), Optional.of(measured), shown.networkGap());
    }

    public synchronized void networkGap(NetworkGap gap) {
        figures(shown.downtime(), shown.onStandby(), gap);
    }

    public synchronized void outcome(Outcome outcome) {
        show(Optional.of(time.instant()), shown.progress(), Optional.of(outcome));
    }

    /** Ends a migration whose task met a defect; one that has ended stays as it is. */
    public synchronized void endBy(Finding defect) {
        if (shown.outcome().isEmpty()) {
            lines.values().stream().filter(l -> l.state == StepState.RUNNING).forEach(l -> l.end(StepState.FAILED));
            add(defect);
            outcome(Outcome.NEEDS_ATTENTION);
        }
    }

    private void figures(Optional<Duration> downtime, Optional<Duration> onStandby, NetworkGap gap) {
        Migration m = shown;
        shown = new Migration(
                m.id(),
                m.revision(),
                m.vm(),
                m.source(),
                m.destination(),
                m.primaries(),
                m.started(),
                m.ended(),
                m.steps(),
                m.progress(),
                m.outcome(),
                downtime,
                onStandby,
                gap,
                m.findings());
        show();
    }

    private void show() {
        show(shown.ended(), shown.progress(), shown.outcome());
    }

    private void show(Optional<Instant> ended, Optional<Integer> progress, Optional<Outcome> outcome) {
        Migration m = shown;
        shown = new Migration(
                m.id(),
                m.revision() + 1,
                m.vm(),
                m.source(),
                m.destination(),
                List.copyOf(primaries),
                m.started(),
                ended,
                lines.values().stream().map(Line::report).toList(),
                progress,
                outcome,
                m.downtime(),
                m.onStandby(),
                m.networkGap(),
                List.copyOf(findings));
        audience.accept(shown);
    }

    /** One step; its duration is taken from the monotonic clock. */
    private static final class Line {
        private final MigrationStep step;
        private final Map<String, String> facts;
        private StepState state;
        private Optional<Instant> started;
        private Optional<Duration> duration;
        private final TimeSource time;
        private long beganNanos;

        Line(StepReport report, TimeSource time) {
            this.time = time;
            this.beganNanos = time.nanos();
            this.step = report.step();
            this.facts = new LinkedHashMap<>(report.facts());
            this.state = report.state();
            this.started = report.started();
            this.duration = report.duration();
        }

        void begin(Instant at) {
            state = StepState.RUNNING;
            started = Optional.of(at);
            beganNanos = time.nanos();
        }

        void end(StepState how) {
            if (state == StepState.RUNNING) {
                duration = Optional.of(Duration.ofNanos(time.nanos() - beganNanos));
            }
            state = how;
        }

        StepReport report() {
            Optional<Duration> soFar =
                    state == StepState.RUNNING ? Optional.of(Duration.ofNanos(time.nanos() - beganNanos)) : duration;
            return new StepReport(step, state, started, soFar, Collections.unmodifiableMap(new LinkedHashMap<>(facts)));
        }
    }
}

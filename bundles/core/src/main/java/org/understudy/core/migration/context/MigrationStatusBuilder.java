// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.Stopwatch;

/** Builds the status of a migration: each change publishes a new {@link Migration}. Safe for use from any thread. */
public final class MigrationStatusBuilder {
    /** Findings whose remedy names the host on which the VM is to be started, resumed or ended, or advises another attempt. */
    private static final Set<FindingCode> PLACEMENT = EnumSet.of(
            FindingCode.GUEST_NOT_RUNNING,
            FindingCode.HOST_UNAVAILABLE,
            FindingCode.MIGRATION_FAILED,
            FindingCode.OTHER_MIGRATION,
            FindingCode.STATE_INCONSISTENT,
            FindingCode.UNDO_FAILED);

    private final Consumer<Migration> listener;
    private final Scheduler scheduler;
    private final Map<MigrationStep, StepProgress> steps = new EnumMap<>(MigrationStep.class);
    private final List<Finding> findings = new ArrayList<>();
    private final List<PrimaryKind> primaries = new ArrayList<>();
    private Migration current;

    /** @param first the initial status; its steps and findings are kept */
    public MigrationStatusBuilder(Migration first, Scheduler scheduler, Consumer<Migration> listener) {
        this.current = first;
        this.scheduler = scheduler;
        this.listener = listener;
        first.steps().forEach(s -> steps.put(s.step(), new StepProgress(s, scheduler)));
        findings.addAll(first.findings());
        primaries.addAll(first.primaries());
    }

    /** All seven steps, none started. */
    public static List<StepReport> pendingSteps() {
        List<StepReport> all = new ArrayList<>();
        for (MigrationStep step : MigrationStep.values()) {
            all.add(new StepReport(step, StepState.PENDING, Optional.empty(), Optional.empty(), Map.of()));
        }
        return all;
    }

    public synchronized Migration now() {
        return current;
    }

    public synchronized StepState state(MigrationStep step) {
        return steps.get(step).state;
    }

    /** When a step began; empty before that, and if it began before this server. */
    public synchronized Optional<Stopwatch> since(MigrationStep step) {
        return steps.get(step).begun;
    }

    public synchronized void begin(MigrationStep step) {
        steps.get(step).begin(scheduler.instant());
        publish();
    }

    /** Ends a running step as {@link StepState#DONE}, unless the step has set its end state itself. */
    public synchronized void done(MigrationStep step) {
        if (steps.get(step).state == StepState.RUNNING) {
            end(step, StepState.DONE);
        }
    }

    public synchronized void skip(MigrationStep step, String reason) {
        steps.get(step).facts.put("skipped", reason);
        end(step, StepState.SKIPPED);
    }

    public synchronized void end(MigrationStep step, StepState state) {
        steps.get(step).end(state);
        publish();
    }

    public synchronized void fact(MigrationStep step, String key, Object value) {
        steps.get(step).facts.put(key, value.toString());
        publish();
    }

    /**
     * Shows facts of a running step that are true only at present. They replace those of the last call, and the end of the
     * step removes them.
     */
    synchronized void observe(MigrationStep step, Map<String, Object> facts) {
        StepProgress progress = steps.get(step);
        Map<String, String> observed = new LinkedHashMap<>();
        facts.forEach((key, value) -> observed.put(key, value.toString()));
        if (progress.state == StepState.RUNNING && !observed.equals(progress.observed)) {
            progress.observed = observed;
            publish();
        }
    }

    public synchronized void add(List<Finding> more) {
        more.stream().filter(f -> !findings.contains(f)).forEach(findings::add);
        publish();
    }

    public synchronized void add(Finding finding) {
        add(List.of(finding));
    }

    /**
     * Puts the reason of an outcome, or of a rollback, before all other findings. Earlier findings whose remedy names
     * the host of the VM get the next step of this reason, so that no remedy contradicts it.
     */
    public synchronized void reason(List<Finding> reasons) {
        if (!reasons.isEmpty()) {
            String nextStep = reasons.get(0).remedy();
            findings.replaceAll(f -> PLACEMENT.contains(f.code()) && !reasons.contains(f) ? remedied(f, nextStep) : f);
            findings.removeIf(f -> reasons.stream().anyMatch(r -> isSame(f, r)));
            findings.addAll(0, reasons);
            publish();
        }
    }

    /** The same finding, whose remedy may have changed since; another migration changes while it is watched. */
    private static boolean isSame(Finding f, Finding other) {
        return f.code() == other.code()
                && f.subject().equals(other.subject())
                && (f.message().equals(other.message()) || f.code() == FindingCode.OTHER_MIGRATION);
    }

    private static Finding remedied(Finding f, String remedy) {
        return new Finding(f.code(), f.severity(), f.subject(), f.message(), remedy, f.fixable());
    }

    /** Removes a finding that is no longer true. */
    public synchronized void remove(Finding finding) {
        if (findings.remove(finding)) {
            publish();
        }
    }

    /** Replaces a finding whose figures have changed; without a new one it is removed. */
    synchronized void replace(Optional<Finding> old, Optional<Finding> fresh) {
        if (!old.equals(fresh)) {
            old.ifPresent(findings::remove);
            fresh.ifPresent(findings::add);
            publish();
        }
    }

    synchronized List<Finding> findings() {
        return List.copyOf(findings);
    }

    public synchronized void primaries(List<PrimaryKind> kinds) {
        primaries.clear();
        primaries.addAll(kinds);
        publish();
    }

    public synchronized void progress(int percent) {
        if (!current.progress().equals(Optional.of(percent))) {
            publish(current.ended(), Optional.of(percent), current.outcome());
        }
    }

    public synchronized void downtime(Duration measured) {
        figures(Optional.of(measured), current.onStandby(), current.networkGap());
    }

    public synchronized void onStandby(Duration measured) {
        figures(current.downtime(), Optional.of(measured), current.networkGap());
    }

    public synchronized void networkGap(NetworkGap gap) {
        figures(current.downtime(), current.onStandby(), gap);
    }

    public synchronized void outcome(Outcome outcome) {
        publish(Optional.of(scheduler.instant()), current.progress(), Optional.of(outcome));
    }

    /** Ends a migration that an admin has to resolve; one that has ended stays as it is. */
    public synchronized void endNeedingAttention(Finding reason) {
        if (current.outcome().isEmpty()) {
            steps.values().stream().filter(l -> l.state == StepState.RUNNING).forEach(l -> l.end(StepState.FAILED));
            reason(List.of(reason));
            outcome(Outcome.NEEDS_ATTENTION);
        }
    }

    private void figures(Optional<Duration> downtime, Optional<Duration> onStandby, NetworkGap gap) {
        Migration m = current;
        current = new Migration(
                m.id(),
                m.revision(),
                m.vm(),
                m.uuid(),
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
        publish();
    }

    private void publish() {
        publish(current.ended(), current.progress(), current.outcome());
    }

    private void publish(Optional<Instant> ended, Optional<Integer> progress, Optional<Outcome> outcome) {
        Migration m = current;
        current = new Migration(
                m.id(),
                m.revision() + 1,
                m.vm(),
                m.uuid(),
                m.source(),
                m.destination(),
                List.copyOf(primaries),
                m.started(),
                ended,
                steps.values().stream().map(StepProgress::report).toList(),
                progress,
                outcome,
                m.downtime(),
                m.onStandby(),
                m.networkGap(),
                List.copyOf(findings));
        listener.accept(current);
    }

    /** One step; its duration is taken from the monotonic clock, and unknown if the step began before this server. */
    private static final class StepProgress {
        private final MigrationStep step;
        private final Map<String, String> facts;
        private Map<String, String> observed = Map.of();
        private StepState state;
        private Optional<Instant> started;
        private Optional<Duration> duration;
        private final Scheduler scheduler;
        private Optional<Stopwatch> begun = Optional.empty();

        StepProgress(StepReport report, Scheduler scheduler) {
            this.scheduler = scheduler;
            this.step = report.step();
            this.facts = new LinkedHashMap<>(report.facts());
            this.state = report.state();
            this.started = report.started();
            this.duration = report.duration();
        }

        void begin(Instant at) {
            state = StepState.RUNNING;
            started = Optional.of(at);
            begun = Optional.of(Stopwatch.start(scheduler));
        }

        void end(StepState endState) {
            if (state == StepState.RUNNING) {
                duration = begun.map(Stopwatch::elapsed);
            }
            state = endState;
            observed = Map.of();
        }

        StepReport report() {
            Optional<Duration> soFar = state == StepState.RUNNING ? begun.map(Stopwatch::elapsed) : duration;
            Map<String, String> all = new LinkedHashMap<>(facts);
            all.putAll(observed);
            return new StepReport(step, state, started, soFar, Collections.unmodifiableMap(all));
        }
    }
}

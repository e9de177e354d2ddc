// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.concurrent.Deadline;

/** Rollback actions of the steps so far; the last action is run first. Used by one thread. */
public final class RollbackStack {
    private static final Logger LOG = LoggerFactory.getLogger(RollbackStack.class);

    /** Findings that show where the guest is, or that this is unknown. */
    private static final Set<FindingCode> PLACE_OF_GUEST =
            EnumSet.of(FindingCode.GUEST_NOT_RUNNING, FindingCode.HOST_UNAVAILABLE);

    /** The finding for the failure of an action; evaluated after all actions. */
    @FunctionalInterface
    public interface Explanation {
        Optional<Finding> of(Throwable failure);
    }

    private record Action(
            MigrationStep step, String key, Supplier<String> run, Supplier<String> remedy, Explanation explanation) {}

    private final Deque<Action> actions = new ArrayDeque<>();
    private boolean discarded;

    /**
     * @param key the fact that records the result
     * @param run rolls one thing back and returns what it did
     * @param remedy what an admin does if this fails; read after all actions
     */
    public void push(MigrationStep step, String key, Supplier<String> run, Supplier<String> remedy) {
        push(step, key, run, remedy, failure -> Optional.empty());
    }

    /** @param explanation replaces the general finding with this remedy where it is not empty */
    public void push(
            MigrationStep step, String key, Supplier<String> run, Supplier<String> remedy, Explanation explanation) {
        actions.push(new Action(step, key, run, remedy, explanation));
    }

    public boolean isEmpty() {
        return actions.isEmpty();
    }

    /** The guest runs on the destination: nothing is rolled back from now on, and an admin resolves what is wrong there. */
    public void discard() {
        actions.clear();
        discarded = true;
    }

    public boolean isDiscarded() {
        return discarded;
    }

    /**
     * Runs all actions; a failure does not stop the others, unless it is unclear on which host the VM runs. Returns the
     * findings of all failures, in the order in which an admin resolves them.
     *
     * @param limit for all actions together, while hosts are unreachable
     */
    public List<Finding> run(MigrationStatusBuilder status, MigrationEvents events, Duration limit) {
        List<Supplier<Finding>> failures = new ArrayList<>();
        Deadline end = events.deadline(limit);
        while (!actions.isEmpty()) {
            Action action = actions.pop();
            try {
                events.poll(end.left(), () -> Optional.of(action.run.get()))
                        .ifPresent(done -> status.fact(action.step, action.key, done));
            } catch (StepAbortedException e) {
                if (e.reason() == StepAbortedException.Reason.ABANDONED) {
                    throw e;
                }
                status.fact(action.step, action.key, "failed: " + e.getMessage());
                e.findings().forEach(f -> failures.add(() -> failure(action, f)));
                if (e.reason() == StepAbortedException.Reason.UNCLEAR) {
                    actions.clear();
                }
            } catch (RuntimeException | Error e) {
                LOG.warn("Migration {}: rollback action {} failed", status.now().id(), action.key, e);
                status.fact(action.step, action.key, "failed: " + e.getMessage());
                failures.add(() -> action.explanation.of(e).orElseGet(() -> undoFailed(action, e.getMessage())));
            }
        }
        return failures.stream()
                .map(Supplier::get)
                .distinct()
                .sorted(Comparator.comparing(f -> !PLACE_OF_GUEST.contains(f.code())))
                .toList();
    }

    /** A longer deadline does not repair what a rollback has left undone. */
    private static Finding failure(Action action, Finding finding) {
        return finding.code() == FindingCode.STEP_DEADLINE_EXCEEDED ? undoFailed(action, finding.message()) : finding;
    }

    private static Finding undoFailed(Action action, String why) {
        return Finding.of(
                FindingCode.UNDO_FAILED,
                "step " + action.step.number(),
                "Rollback action " + action.key + " failed: " + why,
                action.remedy.get());
    }
}

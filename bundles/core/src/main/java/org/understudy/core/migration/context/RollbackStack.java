// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;

/** What has to be taken back if a run fails; the last that was done is taken back first. */
public final class RollbackStack {
    private static final Logger LOG = LoggerFactory.getLogger(RollbackStack.class);

    private record Action(MigrationStep step, String key, Supplier<String> run) {}

    private final Deque<Action> actions = new ArrayDeque<>();

    /**
     * @param key the fact under which the result is told
     * @param action takes it back and says what it did
     */
    public void push(MigrationStep step, String key, Supplier<String> action) {
        actions.push(new Action(step, key, action));
    }

    public boolean isEmpty() {
        return actions.isEmpty();
    }

    /**
     * Takes everything back; a failure stops nothing, unless it is not clear any more where the VM runs. Returns one
     * finding for each failure.
     *
     * @param patience with hosts that are away, for all actions together
     */
    public List<Finding> run(MigrationStatusBuilder status, MigrationEvents events, Duration patience) {
        List<Finding> failures = new ArrayList<>();
        Deadline end = events.deadline(patience);
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
                failures.addAll(e.findings());
                if (e.reason() == StepAbortedException.Reason.UNCLEAR) {
                    actions.clear();
                }
            } catch (RuntimeException | Error e) {
                LOG.warn("Migration {}: rollback action {} failed", status.now().id(), action.key, e);
                status.fact(action.step, action.key, "failed: " + e.getMessage());
                failures.add(Finding.of(
                        FindingCode.UNDO_FAILED,
                        "step " + action.step.number(),
                        "It could not be taken back (" + action.key + "): " + e.getMessage() + ".",
                        "Look at both hosts before you start the VM anywhere."));
            }
        }
        return failures;
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A migration, running or ended: one immutable picture.
 *
 * @param id its id
 * @param revision grows with each change
 * @param vm the VM that is moved
 * @param source the host it comes from
 * @param destination the host it goes to
 * @param primaries kinds of the primaries it moves, in the order of the definition; empty for a VM without a pair, and
 *     until the preflight has read them
 * @param started when it began, by this server's clock
 * @param ended when it ended; empty while it runs
 * @param steps the seven steps, in their order
 * @param progress memory copied, 0 to 100; empty before the copy
 * @param outcome empty while it runs
 * @param downtime vCPUs stopped, pause to resume, as the two QEMUs' events tell
 * @param onStandby primary unplugged on the source until it carries traffic on the destination; the step's facts name
 *     the evidence
 * @param networkGap measured loss of connectivity
 * @param findings of the preflight and of what went wrong
 */
public record Migration(
        MigrationId id,
        long revision,
        VmName vm,
        HostName source,
        HostName destination,
        List<PrimaryKind> primaries,
        Instant started,
        Optional<Instant> ended,
        List<StepReport> steps,
        Optional<Integer> progress,
        Optional<Outcome> outcome,
        Optional<Duration> downtime,
        Optional<Duration> onStandby,
        NetworkGap networkGap,
        List<Finding> findings) {

    /** {@return true while it can still change} */
    public boolean isRunning() {
        return outcome.isEmpty();
    }

    /**
     * {@return true if somebody else began it, such as virsh, and this server only shows it: nothing has been prepared
     * for it}
     */
    public boolean isWatched() {
        return steps.stream().anyMatch(s -> s.step() == MigrationStep.PREFLIGHT && s.state() == StepState.SKIPPED);
    }
}

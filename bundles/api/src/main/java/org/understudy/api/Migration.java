// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The status of a migration, running or ended; immutable.
 *
 * @param id its id
 * @param revision increases with each change
 * @param vm the VM
 * @param uuid the UUID of the VM; empty if an earlier version of this server recorded the migration
 * @param source the host it comes from
 * @param destination the host it goes to
 * @param primaries kinds of the VM's primaries, in the order of the definition; empty for a VM without a pair, and
 *     until the preflight has read them
 * @param started when it began, by this server's clock
 * @param ended when it ended; empty while it runs
 * @param steps the seven steps, in their order
 * @param progress memory copied, 0 to 100; empty before the copy
 * @param outcome empty while it runs
 * @param downtime from the pause to the resume of the vCPUs, by the events of the two QEMUs; empty if it is not measured, and the
 *     facts of step 5 name the reason
 * @param onStandby from the unplug of the primary on the source until it carries traffic on the destination; the facts of step 6
 *     name the evidence, or why it is not measured
 * @param networkGap measured loss of connectivity
 * @param findings of the preflight and of failures
 */
public record Migration(
        MigrationId id,
        long revision,
        VmName vm,
        Optional<UUID> uuid,
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
    /** No VM has it. */
    private static final UUID UNKNOWN = new UUID(0, 0);

    /** {@return true until it has ended} */
    public boolean isRunning() {
        return outcome.isEmpty();
    }

    /**
     * {@return whether it migrates this VM, and no other VM of the same name}
     *
     * @param host a host that has the VM
     * @param name its name there
     */
    public boolean isOf(HostName host, VmName name) {
        return vm.equals(name) && (source.equals(host) || destination.equals(host));
    }

    /**
     * {@return whether it migrates the VM of this address}
     *
     * @param address an address of a VM
     */
    public boolean isOf(VmAddress address) {
        UUID known = uuid.orElse(UNKNOWN);
        return address.matches(source, vm.value(), known) || address.matches(destination, vm.value(), known);
    }

    /**
     * {@return true if another program started it, such as virsh, so that this server only observes it and has prepared
     * nothing}
     */
    public boolean isWatched() {
        return steps.stream().anyMatch(s -> s.step() == MigrationStep.PREFLIGHT && s.state() == StepState.SKIPPED);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.Optional;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.MigrationStrategy;
import org.understudy.concurrent.Stopwatch;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.migration.context.EventTime;
import org.understudy.core.migration.context.MigrationContext;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * A migration after the switchover: the guest runs on the destination.
 *
 * @param withoutVf primaries that arrived without their VF, as none was free
 * @param switching a moment before the guest continued on the destination
 * @param released when the guest had released its primaries; empty if that is unknown, or it had none
 */
public record Arrived(
        VmSnapshot snapshot,
        MigrationStrategy strategy,
        Set<Alias> withoutVf,
        Stopwatch switching,
        Optional<EventTime> released) {

    /**
     * A migration whose VM runs on the destination after a restart of this server. May block for the destination.
     *
     * @param snapshot the VM on the destination
     */
    public static Arrived recovered(
            MigrationContext context, VmSnapshot snapshot, Stopwatch switching, Optional<EventTime> released) {
        return new Arrived(
                snapshot,
                MigrationStrategy.AUTOMATIC,
                new RequiredLeases(context.request()).missing(snapshot.pairs(), context.leases()),
                switching,
                released);
    }

    /** True if this server plugs the primaries, not QEMU. */
    boolean isExplicit() {
        return strategy == MigrationStrategy.EXPLICIT;
    }

    boolean lacksVf(PairView pair) {
        return withoutVf.contains(pair.primary());
    }
}

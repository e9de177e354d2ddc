// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.MigrationStrategy;
import org.understudy.core.migration.context.CopyWatch;
import org.understudy.core.migration.context.MigrationRequest;
import org.understudy.core.migration.context.VfOpenings;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * How the primaries of one migration are unplugged and plugged, and why (docs/decisions/0021).
 *
 * @param why as the migration report shows it
 */
record StrategySelection(MigrationStrategy strategy, String why) {
    /** @param withoutVf primaries for which the destination has no VF; before the VFs are leased none is known */
    static StrategySelection of(
            MigrationRequest request, VmSnapshot snapshot, Set<Alias> withoutVf, VfOpenings openings) {
        if (snapshot.pairs().isEmpty() || !snapshot.canBeUnplugged()) {
            return new StrategySelection(MigrationStrategy.AUTOMATIC, "no VF that can be unplugged and plugged");
        }
        if (!withoutVf.isEmpty()) {
            return new StrategySelection(MigrationStrategy.EXPLICIT, "the destination has no VF to plug");
        }
        return request.options()
                .strategy()
                .map(requested -> new StrategySelection(requested, "as requested"))
                .or(() -> request.policy().strategy().map(set -> new StrategySelection(set, "as configured")))
                .orElseGet(() -> predicted(request, snapshot, openings));
    }

    private static StrategySelection predicted(MigrationRequest request, VmSnapshot snapshot, VfOpenings openings) {
        OpeningTime opening = OpeningTime.of(request.vm(), snapshot, openings);
        Duration limit = request.options().downtimeLimit().orElse(CopyWatch.DEFAULT_DOWNTIME_LIMIT);
        MigrationStrategy best =
                opening.time().compareTo(limit) > 0 ? MigrationStrategy.EXPLICIT : MigrationStrategy.AUTOMATIC;
        return new StrategySelection(
                best, "%s; the downtime limit is %d ms".formatted(opening.what(), limit.toMillis()));
    }

    @Override
    public String toString() {
        return strategy.name().toLowerCase(Locale.ROOT) + ", " + why;
    }
}

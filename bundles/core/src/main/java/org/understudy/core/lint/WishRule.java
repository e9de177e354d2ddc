// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lint;

import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.core.domain.DomainView;

/** Rule 18: a pair that was asked for is there. One that lost its standby NIC alone is a matter of rules 3 and 4. */
final class WishRule implements Rule {
    @Override
    public void judge(Case it, Consumer<Finding> to) {
        DomainView.wishes(it.document()).forEach(wish -> {
            String standby = wish.attributeOr("standby", "");
            String primary = wish.attributeOr("primary", "");
            boolean named = it.primaries().stream()
                    .anyMatch(p -> p.standbyAlias().filter(standby::equals).isPresent());
            if (!named) {
                boolean half = it.standbys().stream()
                        .anyMatch(s -> s.alias().filter(standby::equals).isPresent());
                to.accept(
                        Finding.of(
                                FindingCode.PAIR_HALF_MISSING,
                                it.vm() + ", interface " + Shown.cut(standby),
                                "a pair of the standby NIC " + Shown.quoted(standby) + " and the primary "
                                        + Shown.quoted(primary) + " was asked for, and "
                                        + (half ? "the primary is not there" : "neither of them is there"),
                                half
                                        ? "Understudy puts it back unless something else is in the way; to have it no more,"
                                                + " switch the pair off."
                                        : "Remove <understudy:pair standby='" + Shown.cut(standby)
                                                + "' .../> from <metadata>, and switch the pair on again if it is still wanted."));
            }
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.core.definition.DomainView;

/** Rule 18: a pair that was asked for is there. One that lost its standby NIC alone is a matter of rules 3 and 4. */
final class RequestedPairRule implements Rule {
    @Override
    public void judge(LintSubject subject, Consumer<Finding> to) {
        DomainView.requests(subject.document()).forEach(wish -> {
            String standby = wish.attributeOr("standby", "");
            String primary = wish.attributeOr("primary", "");
            boolean named = subject.primaries().stream()
                    .anyMatch(p -> p.standbyAlias().filter(standby::equals).isPresent());
            if (!named) {
                boolean half = subject.standbys().stream()
                        .anyMatch(s -> s.alias().filter(standby::equals).isPresent());
                to.accept(
                        Finding.of(
                                FindingCode.PAIR_HALF_MISSING,
                                subject.vm() + ", interface " + DisplayText.cut(standby),
                                "a pair of the standby NIC " + DisplayText.quoted(standby) + " and the primary "
                                        + DisplayText.quoted(primary) + " was asked for, and "
                                        + (half ? "the primary is not there" : "neither of them is there"),
                                half
                                        ? "Understudy puts it back unless something else is in the way; to have it no more,"
                                                + " switch the pair off."
                                        : "Remove <understudy:pair standby='" + DisplayText.cut(standby)
                                                + "' .../> from <metadata>, and switch the pair on again if it is still wanted."));
            }
        });
    }
}

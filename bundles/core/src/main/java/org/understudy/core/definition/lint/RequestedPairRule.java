// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.core.definition.DomainView;

/** Rule 18: a requested pair exists. Rules 3 and 4 cover a pair that lost only its standby NIC. */
final class RequestedPairRule implements Rule {
    @Override
    public void check(LintSubject subject, Consumer<Finding> findings) {
        DomainView.requests(subject.document()).forEach(request -> {
            String standby = request.attributeOr("standby", "");
            String primary = request.attributeOr("primary", "");
            boolean isPaired = subject.primaries().stream()
                    .anyMatch(p -> p.standbyAlias().filter(standby::equals).isPresent());
            if (!isPaired) {
                boolean hasStandby = subject.standbys().stream()
                        .anyMatch(s -> s.alias().filter(standby::equals).isPresent());
                findings.accept(Finding.of(
                        FindingCode.PAIR_HALF_MISSING,
                        subject.vm() + ", interface " + DisplayText.cut(standby),
                        "Pair of standby NIC " + DisplayText.quoted(standby) + " and primary "
                                + DisplayText.quoted(primary) + " is requested in <metadata>, but "
                                + (hasStandby ? "the primary is missing" : "both halves are missing"),
                        hasStandby
                                ? "Remove the pair with \"understudy:pair-off\" if it is no longer required; otherwise Understudy"
                                        + " restores the primary as soon as no other finding prevents it."
                                : "Remove <understudy:pair standby='" + DisplayText.cut(standby)
                                        + "' .../> from <metadata>, and create the pair again with \"understudy:pair-on\" if it is still"
                                        + " required."));
            }
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.JsonView;
import org.understudy.api.PairChange;
import org.understudy.api.xml.Passwords;

/**
 * What a change of a pair or a fix would do: a {@link PairChange} with the definition before it, so that a client can show the
 * difference. Passwords are masked in both.
 *
 * @param before the domain XML before the change
 */
record PlannedChange(
        boolean changed, PairChange.Effect effect, List<Finding> findings, String definition, String before) {

    /** {@return the response to a dry run; its tag makes the change apply to this definition only} */
    static RestResponse response(JsonView view, RestRequest request, String before, PairChange change) {
        AuditTrail.dryRun(request.request());
        PairChange masked = Passwords.masked(change);
        PlannedChange planned = new PlannedChange(
                masked.changed(), masked.effect(), masked.findings(), masked.definition(), Passwords.masked(before));
        return RestResponse.ok(view.write(planned)).with("ETag", DefinitionTag.of(before));
    }
}

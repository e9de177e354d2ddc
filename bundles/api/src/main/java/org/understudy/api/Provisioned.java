// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * A definition as it should be used, and what was noticed on the way.
 *
 * @param definition the domain XML to go on with; after a refusal the one that came in
 * @param findings an ERROR means: do not go on
 */
public record Provisioned(String definition, List<Finding> findings) {
    /**
     * Copies the list.
     *
     * @param definition the domain XML to go on with; after a refusal the one that came in
     * @param findings an ERROR means: do not go on
     */
    public Provisioned {
        findings = List.copyOf(findings);
    }

    /** {@return whether the manager should leave undone what it was about to do} */
    public boolean refused() {
        return Finding.anyBlocking(findings);
    }
}

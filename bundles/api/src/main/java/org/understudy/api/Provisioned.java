// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * A prepared definition and the findings about it.
 *
 * @param definition the domain XML to use; after a refusal the original one
 * @param findings an ERROR refuses the operation
 */
public record Provisioned(String definition, List<Finding> findings) {
    /**
     * Copies the list.
     *
     * @param definition the domain XML to use; after a refusal the original one
     * @param findings an ERROR refuses the operation
     */
    public Provisioned {
        findings = List.copyOf(findings);
    }

    /** {@return whether the operation is refused} */
    public boolean refused() {
        return Finding.anyBlocking(findings);
    }
}

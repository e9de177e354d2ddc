// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Keeps what users have done. An OSGi service, of which there may be several: each entry is recorded in all of them. Safe for
 * use from any thread.
 */
@ProviderType
public interface AuditLog {
    /**
     * Records an entry. Never blocks, and throws no exception: a store that is slow or absent does not stop an action.
     *
     * @param entry what a user has done
     */
    void record(AuditEntry entry);
}

// SPDX-License-Identifier: Apache-2.0
/**
 * What concerns many VMs at once: which of them can be migrated now, and the queue of their migrations.
 *
 * <p>Owns the words readiness and bulk migration. Called by the shell, REST and metrics through
 * {@link org.understudy.api.Readiness} and {@link org.understudy.api.BulkMigrations}. Uses what other rooms know, and asks
 * no host. Safe for use from any thread.
 */
package org.understudy.core.fleet;

// SPDX-License-Identifier: Apache-2.0
/**
 * Adds failover pairs to VMs and removes them.
 *
 * <p>Combines the editor, the linter and the hosts. Called by the shell, REST and management servers through {@link
 * org.understudy.api.Pairs}. Safe for use from any thread; changes of one VM are serialized.
 */
package org.understudy.core.pair;

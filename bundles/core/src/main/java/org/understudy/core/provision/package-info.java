// SPDX-License-Identifier: Apache-2.0
/**
 * Prepares definitions for managers that call before they define, start or migrate a VM. Defines the term contributor.
 * Called by other bundles through {@link org.understudy.api.NicProvisioning}, on the thread of the caller; stateless.
 */
package org.understudy.core.provision;

// SPDX-License-Identifier: Apache-2.0
/**
 * Answers managers that ask before they define, start or migrate a VM. Owns the word "contributor". Called by other
 * bundles through {@link org.understudy.api.NicProvisioning}, on the caller's thread; keeps no state of its own.
 */
package org.understudy.core.provision;

// SPDX-License-Identifier: Apache-2.0
/**
 * Assigns VFs to pools and selects the next VF to lease. Pure functions of an inventory.
 *
 * <p>Owns the terms membership (the pools of each VF) and selection (the order in which VFs are tried). Called by
 * {@code org.understudy.hostnic.host}. Immutable; safe for use from any thread.
 */
package org.understudy.hostnic.pool;

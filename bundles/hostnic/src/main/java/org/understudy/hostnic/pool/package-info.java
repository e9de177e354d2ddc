// SPDX-License-Identifier: Apache-2.0
/**
 * Which VFs belong to which pool, and which of them is taken next. Pure logic on what was read.
 *
 * <p>Owns the words membership (the pools each VF belongs to) and choice (the order in which VFs are tried). Called by
 * {@code org.understudy.hostnic.host}. Immutable; safe for use from any thread.
 */
package org.understudy.hostnic.pool;

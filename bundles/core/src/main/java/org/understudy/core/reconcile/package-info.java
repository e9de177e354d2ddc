// SPDX-License-Identifier: Apache-2.0
/**
 * Brings running VMs back to what was asked for them (docs/decisions/0019).
 *
 * <p>Follows the health of pairs, the NICs of hosts and the ends of migrations; nobody calls it. What it does comes on a
 * thread of its own, which blocks for the hosts' answers.
 */
package org.understudy.core.reconcile;

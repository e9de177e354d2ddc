// SPDX-License-Identifier: Apache-2.0
/**
 * Controllers that bring VMs and networks of hosts to their desired state (docs/decisions/0019).
 *
 * <p>They follow the health of pairs, definitions, networks and NICs of hosts, and migrations. The doctor reads their
 * findings; no other package calls them. Their work runs on their own pools and blocks for the hosts' answers.
 */
package org.understudy.core.reconcile;

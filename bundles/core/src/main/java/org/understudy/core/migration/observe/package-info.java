// SPDX-License-Identifier: Apache-2.0
/**
 * Detects and shows migrations that another program started, such as virsh or another server.
 *
 * <p>Owns the words external migration and observation. Called by {@code migration} with the events of all hosts, which
 * never block it. A controller checks the hosts; each search for a destination and each observation has a thread of its
 * own. Reads only, except for a cancel that an admin requests.
 */
package org.understudy.core.migration.observe;

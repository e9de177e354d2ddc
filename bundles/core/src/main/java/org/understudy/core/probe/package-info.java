// SPDX-License-Identifier: Apache-2.0
/**
 * The gap probe: measures how long a guest could not be reached, from packets and never from states.
 *
 * <p>Owns the words heartbeat, path and gap. The migration opens a probe before it moves a VM, asks it while it runs
 * and closes it at the end. Each open probe has one thread of its own; every method may be called from any thread.
 * docs/heartbeat.md has the packet a guest sends.
 */
package org.understudy.core.probe;

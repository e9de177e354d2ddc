// SPDX-License-Identifier: Apache-2.0
/**
 * Reconciles the VFs of hosts with the VMs that use them: leases for starts and arrivals, and forwarding entries while a
 * guest runs on its standby NIC.
 *
 * <p>Owns the words arrival (a VM that another manager is about to run on a host) and forwarding entry (frames for the MAC
 * of a VF pass the PF to the bridge). The VFs themselves are handed out by
 * {@link org.understudy.api.spi.VfPools}, an optional service. Called by the lifecycle, the
 * provisioning, the pairs and the controllers of {@code reconcile}; no package calls
 * {@link org.understudy.core.vf.FdbController}, which follows the health of pairs.
 *
 * <p>Leases and forwarding entries of a host change in the order of its events, those of different hosts in parallel, on
 * pools of their own. The public methods block for the host's answers and may be called from any thread.
 */
package org.understudy.core.vf;

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * The VMs of all hosts that answer.
 *
 * @param vms by name
 * @param findings one for each host that does not answer, so that the state of its VMs is unknown
 */
public record VmInventory(List<Vm> vms, List<Finding> findings) {}

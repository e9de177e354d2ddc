// SPDX-License-Identifier: Apache-2.0
/**
 * Lists, defines, starts and stops VMs.
 *
 * <p>Called by the shell and REST through {@link org.understudy.api.VirtualMachines}, and by the pair service. Safe for
 * use from any thread; methods block until the host responds.
 */
package org.understudy.core.lifecycle;

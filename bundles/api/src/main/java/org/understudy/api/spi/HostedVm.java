// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.UUID;
import org.understudy.api.VmName;
import org.understudy.api.VmState;

/**
 * A VM on a host.
 *
 * @param name its name
 * @param uuid its UUID
 * @param state its state
 * @param details the cause of the state, such as QEMU's exit reason; may be empty
 */
public record HostedVm(VmName name, UUID uuid, VmState state, String details) {}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.UUID;

/**
 * A VM as one host holds it.
 *
 * @param name its name
 * @param uuid its UUID
 * @param host the host that holds it
 * @param state its state
 * @param nics of the configured definition, in its order
 * @param pairs of the configured and of the live definition
 */
public record Vm(VmName name, UUID uuid, HostName host, VmState state, List<Nic> nics, List<Pair> pairs) {}

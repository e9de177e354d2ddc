// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Whether a VM can be migrated now.
 *
 * @param vm its name
 * @param uuid its UUID
 * @param host the host that has it
 * @param state its state
 * @param ready whether none of the findings is an {@link Severity#ERROR}
 * @param destinations number of hosts that are available and have the free VFs that it needs
 * @param best the destination with the most free VFs; empty if there is none
 * @param findings what prevents a migration, or limits it
 */
public record VmReadiness(
        VmName vm,
        UUID uuid,
        HostName host,
        VmState state,
        boolean ready,
        int destinations,
        Optional<HostName> best,
        List<Finding> findings) {}

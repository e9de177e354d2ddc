// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.Map;
import java.util.Optional;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Policy;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;

/**
 * What was asked for.
 *
 * @param policy as it was at the start; a later change does not reach a run
 */
public record MigrationRequest(
        MigrationId id, VmName vm, Host source, Host destination, MigrationOptions options, Policy policy) {
    public Policy.Deadlines deadlines() {
        return policy.deadlines();
    }

    public boolean requireVf() {
        return options.requireVf().orElse(policy.requireVf());
    }

    /** What networks of other hosts are called on the destination. */
    public Map<String, String> networksOnDestination() {
        return policy.networksOn(destination.name());
    }

    /** Whether the VM may be moved to where no VF is free for it. */
    public boolean acceptsStandby() {
        return options.requireVf().equals(Optional.of(false));
    }

    /** The subject of a finding about the VM. */
    public String subject() {
        return "vm " + vm;
    }

    public String subjectOn(HostName host) {
        return "vm " + vm + " on host " + host;
    }
}

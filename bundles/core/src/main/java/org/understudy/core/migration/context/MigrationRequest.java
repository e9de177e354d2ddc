// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Policy;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;

/**
 * The request of one migration.
 *
 * @param uuid the UUID of the VM; empty if an earlier version of this server recorded the migration
 * @param policy as it was at the start; a later change does not affect the migration
 */
public record MigrationRequest(
        MigrationId id,
        VmName vm,
        Optional<UUID> uuid,
        Host source,
        Host destination,
        MigrationOptions options,
        Policy policy) {
    public Policy.Deadlines deadlines() {
        return policy.deadlines();
    }

    public boolean requireVf() {
        return options.requireVf().orElse(policy.requireVf());
    }

    /** The names on the destination of networks of other hosts. */
    public Map<String, String> networksOnDestination() {
        return policy.networksOn(destination.name());
    }

    /** Whether the VM may be migrated to a host without a free VF for it. */
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

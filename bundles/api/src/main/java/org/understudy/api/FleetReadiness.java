// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.List;

/**
 * Which VMs can be migrated now.
 *
 * @param at when it was evaluated
 * @param ready number of VMs without an {@link Severity#ERROR}
 * @param blocked number of all other VMs
 * @param groups the VMs by the kind of their findings, the largest group of errors first
 * @param vms by name
 * @param findings one for each host that does not answer, so that its VMs are unknown
 */
public record FleetReadiness(
        Instant at, int ready, int blocked, List<Group> groups, List<VmReadiness> vms, List<Finding> findings) {
    /**
     * The VMs that have a finding of one kind.
     *
     * @param code the kind of finding
     * @param severity {@link Severity#ERROR} if it prevents a migration
     * @param vms number of these VMs
     * @param remedy the next action for the first of them
     */
    public record Group(FindingCode code, Severity severity, int vms, String remedy) {}
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configuration in force.
 *
 * @param hosts the hosts, in the order of the file
 * @param pools the pools, in the order of the file
 * @param networkPools pool by the name of the network or bridge the standby NIC is attached to
 * @param deadlines how long each part of a migration may take
 * @param requireVf whether a VM that ends on standby needs attention
 * @param strategy how guests part with their primaries; empty: as is predicted to be best for each
 * @param allowEmulatedPrimary whether an emulated NIC may stand in for a VF
 * @param settle time after a plug during which no migration starts
 * @param probes how the network gap of a VM is measured
 */
public record Policy(
        List<HostPolicy> hosts,
        List<PoolPolicy> pools,
        Map<String, PoolName> networkPools,
        Deadlines deadlines,
        boolean requireVf,
        Optional<MigrationStrategy> strategy,
        boolean allowEmulatedPrimary,
        Duration settle,
        Map<VmName, ProbeTarget> probes) {

    /**
     * {@return what networks and bridges of other hosts are called on this one; empty if the same}
     *
     * @param host the host
     */
    public Map<String, String> networksOn(HostName host) {
        return hosts.stream()
                .filter(known -> known.name().equals(host))
                .findFirst()
                .map(HostPolicy::networks)
                .orElse(Map.of());
    }

    /**
     * One host of the configuration.
     *
     * @param name its name
     * @param connector {@code qemu}, {@code libvirt} or {@code peer}
     * @param options the connector's own keys and values
     * @param nics how the host's SR-IOV NICs are reached; keys and values of what reaches them
     * @param networks what networks and bridges of other hosts are called here; one that is not in it has the same name
     */
    public record HostPolicy(
            HostName name,
            String connector,
            Map<String, String> options,
            Map<String, String> nics,
            Map<String, String> networks) {
        /**
         * A host whose networks are called as everywhere.
         *
         * @param name its name
         * @param connector {@code qemu}, {@code libvirt} or {@code peer}
         * @param options the connector's own keys and values
         * @param nics how the host's SR-IOV NICs are reached; keys and values of what reaches them
         */
        public HostPolicy(HostName name, String connector, Map<String, String> options, Map<String, String> nics) {
            this(name, connector, options, nics, Map.of());
        }

        /**
         * A host whose NICs are reached in the usual way.
         *
         * @param name its name
         * @param connector {@code qemu}, {@code libvirt} or {@code peer}
         * @param options the connector's own keys and values
         */
        public HostPolicy(HostName name, String connector, Map<String, String> options) {
            this(name, connector, options, Map.of());
        }
    }

    /**
     * One pool of the configuration.
     *
     * @param name its name
     * @param kind where its primaries come from
     * @param selectors which VFs belong to it, such as {@code eno1#0-7}; empty for an emulated pool
     * @param model the emulated NIC's model; only for {@link PrimaryKind#EMULATED}
     * @param network true: hosts that can hand out VFs by a network do so under the pool's name; false: they do not any
     *     more; empty: networks are nobody's business here
     */
    public record PoolPolicy(
            PoolName name,
            PrimaryKind kind,
            List<VfSelector> selectors,
            Optional<String> model,
            Optional<Boolean> network) {
        /**
         * One whose networks are left alone.
         *
         * @param name its name
         * @param kind where its primaries come from
         * @param selectors which VFs belong to it, such as {@code eno1#0-7}; empty for an emulated pool
         * @param model the emulated NIC's model; only for {@link PrimaryKind#EMULATED}
         */
        public PoolPolicy(PoolName name, PrimaryKind kind, List<VfSelector> selectors, Optional<String> model) {
            this(name, kind, selectors, model, Optional.empty());
        }
    }

    /**
     * How long each part of a migration may take.
     *
     * @param preflight the check of both hosts
     * @param prepare the preparation of the destination
     * @param unplug until the guest has released its primaries
     * @param copy the copy of the memory
     * @param switchover from the pause on the source until the guest runs on the destination
     * @param plug until the guest has its primaries on the destination
     * @param release the release of the VFs on the source
     * @param cancel until QEMU has ended a cancelled migration
     */
    public record Deadlines(
            Duration preflight,
            Duration prepare,
            Duration unplug,
            Duration copy,
            Duration switchover,
            Duration plug,
            Duration release,
            Duration cancel) {}
}

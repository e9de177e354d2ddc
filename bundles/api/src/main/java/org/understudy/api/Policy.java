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
 * @param deadlines the time limits of a migration
 * @param requireVf whether a VM that ends on standby needs attention
 * @param strategy how primaries are unplugged and plugged; empty: predicted for each VM
 * @param allowEmulatedPrimary whether an emulated NIC may replace a VF
 * @param settle time after a plug during which no migration starts
 * @param probes how the network gap of a VM is measured
 * @param access who may log in, and how
 * @param migrationsAtOnce how many migrations of {@link BulkMigrations} run from or to a host at the same time
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
        Map<VmName, ProbeTarget> probes,
        AccessPolicy access,
        int migrationsAtOnce) {
    /** The default of {@link #migrationsAtOnce}. */
    public static final int MIGRATIONS_AT_ONCE = 2;

    /**
     * A configuration with the default access and number of migrations at once.
     *
     * @param hosts the hosts, in the order of the file
     * @param pools the pools, in the order of the file
     * @param networkPools pool by the name of the network or bridge the standby NIC is attached to
     * @param deadlines the time limits of a migration
     * @param requireVf whether a VM that ends on standby needs attention
     * @param strategy how primaries are unplugged and plugged; empty: predicted for each VM
     * @param allowEmulatedPrimary whether an emulated NIC may replace a VF
     * @param settle time after a plug during which no migration starts
     * @param probes how the network gap of a VM is measured
     */
    public Policy(
            List<HostPolicy> hosts,
            List<PoolPolicy> pools,
            Map<String, PoolName> networkPools,
            Deadlines deadlines,
            boolean requireVf,
            Optional<MigrationStrategy> strategy,
            boolean allowEmulatedPrimary,
            Duration settle,
            Map<VmName, ProbeTarget> probes) {
        this(
                hosts,
                pools,
                networkPools,
                deadlines,
                requireVf,
                strategy,
                allowEmulatedPrimary,
                settle,
                probes,
                AccessPolicy.DEFAULT,
                MIGRATIONS_AT_ONCE);
    }

    /**
     * {@return the names of this host for networks and bridges, by their names on other hosts; empty if they are the same}
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
     * @param nics keys and values for the access to the host's SR-IOV NICs
     * @param networks the names on this host for networks and bridges of other hosts; by default the same
     */
    public record HostPolicy(
            HostName name,
            String connector,
            Map<String, String> options,
            Map<String, String> nics,
            Map<String, String> networks) {
        /**
         * A host with the same network names as other hosts.
         *
         * @param name its name
         * @param connector {@code qemu}, {@code libvirt} or {@code peer}
         * @param options the connector's own keys and values
         * @param nics keys and values for the access to the host's SR-IOV NICs
         */
        public HostPolicy(HostName name, String connector, Map<String, String> options, Map<String, String> nics) {
            this(name, connector, options, nics, Map.of());
        }

        /**
         * A host with the default access to its NICs.
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
     * @param network true: hosts that can hand out VFs by a network have one with the pool's name; false: that network is
     *     removed; empty: networks are not managed
     * @param adopt whether VFs that an administrator has bound to {@code vfio-pci} are leased, if no program has them open
     * @param defaults the settings of its VFs that a pair does not define
     */
    public record PoolPolicy(
            PoolName name,
            PrimaryKind kind,
            List<VfSelector> selectors,
            Optional<String> model,
            Optional<Boolean> network,
            boolean adopt,
            VfDefaults defaults) {
        /**
         * A pool with the default settings of its VFs, which are not bound beforehand.
         *
         * @param name its name
         * @param kind where its primaries come from
         * @param selectors which VFs belong to it, such as {@code eno1#0-7}; empty for an emulated pool
         * @param model the emulated NIC's model; only for {@link PrimaryKind#EMULATED}
         * @param network whether networks of hosts are managed
         */
        public PoolPolicy(
                PoolName name,
                PrimaryKind kind,
                List<VfSelector> selectors,
                Optional<String> model,
                Optional<Boolean> network) {
            this(name, kind, selectors, model, network, false, VfDefaults.NONE);
        }

        /**
         * A pool without managed networks.
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
     * The time limits of a migration of a small guest; those of a large one are longer.
     *
     * @param preflight the checks of both hosts
     * @param prepare the preparation of the destination
     * @param unplug until the guest has released its primaries
     * @param copy how long the copy of the memory may make no progress
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

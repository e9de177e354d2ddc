// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.MacAddress;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.NetworkGap;
import org.understudy.api.Nic;
import org.understudy.api.NicRole;
import org.understudy.api.Outcome;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.Policy;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.core.testing.FakeHosts;

/** Hosts, VMs and migrations for the tests of this room. */
final class FleetSamples {
    static final PoolName POOL = new PoolName("pool-a");

    private FleetSamples() {}

    static HostView host(String name, String connector) {
        return new HostView(new HostName(name), connector, true, "QEMU", List.of());
    }

    static HostView unavailable(String name) {
        Finding reason =
                Finding.of(FindingCode.HOST_UNAVAILABLE, "host " + name, "Host " + name + " is not open", "Wait.");
        return new HostView(new HostName(name), "libvirt", false, "not available", List.of(reason));
    }

    static Vm vm(String name, String host, VmState state, Pair... pairs) {
        return new Vm(
                new VmName(name),
                UUID.nameUUIDFromBytes(name.getBytes()),
                new HostName(host),
                state,
                List.of(),
                List.of(pairs));
    }

    static Vm withNic(Vm vm, String model) {
        Nic nic = new Nic(1, Optional.empty(), Optional.empty(), model, "pci", NicRole.PLAIN);
        return new Vm(vm.name(), vm.uuid(), vm.host(), vm.state(), List.of(nic), vm.pairs());
    }

    static Pair pair(PairHealth health) {
        return pair(health, Optional.of(POOL));
    }

    static Pair pair(PairHealth health, Optional<PoolName> pool) {
        return new Pair(
                new Alias("ua-standby0"),
                new Alias("ua-primary0"),
                new MacAddress("52:54:00:00:00:01"),
                pool,
                PrimaryKind.VF,
                health,
                "");
    }

    /** @param free number of free VFs by host */
    static PoolView pool(Map<String, Integer> free) {
        List<PoolView.Stock> stocks = new ArrayList<>();
        free.forEach((host, count) -> stocks.add(new PoolView.Stock(new HostName(host), count, 0, 0)));
        return new PoolView(POOL, PrimaryKind.VF, List.of(), Optional.empty(), stocks, List.of());
    }

    /** A configuration with the pool. */
    static Policy policy() {
        return policy(Policy.MIGRATIONS_AT_ONCE);
    }

    static Policy policy(int atOnce) {
        Policy usual = FakeHosts.policy();
        return new Policy(
                usual.hosts(),
                List.of(new Policy.PoolPolicy(POOL, PrimaryKind.VF, List.of(), Optional.empty())),
                Map.of(),
                usual.deadlines(),
                false,
                Optional.empty(),
                false,
                usual.settle(),
                Map.of(),
                usual.access(),
                atOnce);
    }

    /** @param outcome empty while it runs */
    static Migration migration(String id, String vm, String source, String destination, Optional<Outcome> outcome) {
        return new Migration(
                new MigrationId(id),
                1,
                new VmName(vm),
                Optional.empty(),
                new HostName(source),
                new HostName(destination),
                List.of(),
                Instant.EPOCH,
                outcome.map(o -> Instant.EPOCH),
                List.of(),
                Optional.empty(),
                outcome,
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("no probe"),
                List.of());
    }
}

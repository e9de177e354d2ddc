// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.hostnic.pool.Rack.pool;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicInventory;
import org.understudy.api.PfView;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PoolView.Stock;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.VfState;

class PoolMembershipTest {
    private final Rack rack = Rack.of(32, 128);

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            eno3                            | 128
            eno3#0-7                        | 8
            eno3#0-3,6,120-200              | 13
            vendor=8086                     | 2048
            vendor=0x15B3 device=101e       | 2048
            vendor=15b3 device=154c         | 0
            driver=i40e numa=0              | 2048
            numa=1                          | 2048
            numa=7                          | 0
            driver=iavf                     | 0
            0003:01:00.0                    | 128
            0003:01:00.0#5                  | 1
            0003:02:00.4                    | 1
            eno3#0-63 numa=0                | 0
            eno                             | 0
            """)
    void assignsExactlyTheSelectedVfs(String selector, int count) {
        assertThat(rack.in(pool("a", selector)).stream()
                        .filter(vf -> !vf.pools().isEmpty()))
                .hasSize(count);
    }

    @Test
    void assignsTheUnionOfAllSelectors() {
        assertThat(rack.in(pool("a", "eno1#0-7", "eno1#4-9", "eno2")).stream()
                        .filter(vf -> vf.pools().equals(List.of(new PoolName("a")))))
                .hasSize(10 + 128);
    }

    @Test
    void countsTheStockOnEveryReadableHost() {
        rack.setState(1, 0, VfState.LEASED);
        rack.setState(1, 1, VfState.FAULT);
        rack.setState(1, 2, VfState.FOREIGN);
        PoolPolicy pool = pool("a", "eno1#0-7");
        NicInventory unreachable = new NicInventory(new HostName("c"), false, "ssh", List.of(), List.of(), List.of());

        List<PoolView> views = new PoolMembership(List.of(pool))
                .views(List.of(rack.inventory("a", pool), Rack.of(1, 8).inventory("b", pool), unreachable));

        assertThat(views).singleElement().satisfies(view -> {
            assertThat(view.stocks())
                    .containsExactly(new Stock(new HostName("a"), 5, 1, 2), new Stock(new HostName("b"), 0, 0, 0));
            assertThat(view.findings()).isEmpty();
        });
    }

    @Test
    void namesAHostWhoseVfsCannotBeRead() {
        PoolPolicy pool = pool("a", "eno1#0-7");
        Finding silent =
                Finding.of(FindingCode.NIC_ACCESS_LIMITED, "host c, NICs", "NICs of host c are silent", "Wake it.");
        NicInventory unreachable =
                new NicInventory(new HostName("c"), false, "none", List.of(), List.of(), List.of(silent));

        PoolView view = new PoolMembership(List.of(pool))
                .views(List.of(rack.inventory("a", pool), unreachable))
                .get(0);

        assertThat(view.stocks()).extracting(Stock::host).containsExactly(new HostName("a"));
        assertThat(view.findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.HOST_UNAVAILABLE);
            assertThat(f.subject()).isEqualTo("pool a, host c");
            assertThat(f.message()).isEqualTo("Pool a: its VFs on host c are unknown: NICs of host c are silent");
        });
    }

    @Test
    void selectsAPfByAnAlternativeName() {
        PfView before = rack.pfs.get(3);
        rack.pfs.set(
                3,
                new PfView(
                        before.address(),
                        before.netdev(),
                        List.of("enp24s0f0", "a.name.of.more.than.15.letters"),
                        Optional.empty(),
                        Optional.empty(),
                        before.vendor(),
                        before.device(),
                        before.driver(),
                        before.totalVfs(),
                        before.vfs(),
                        before.link(),
                        before.numaNode()));

        for (String name : List.of("enp24s0f0#0-7", "a.name.of.more.than.15.letters#0-7")) {
            assertThat(rack.in(pool("a", name)).stream()
                            .filter(vf -> !vf.pools().isEmpty()))
                    .as(name)
                    .hasSize(8)
                    .allMatch(vf -> vf.pfName().equals("eno3"));
        }
    }

    @Test
    void leavesOutFunctionsThatAreNoNics() {
        rack.vfs.replaceAll(vf -> vf.index() < 4 ? vf.showing(List.of("not-network")) : vf);

        assertThat(rack.in(pool("a", "vendor=8086 numa=0")).stream()
                        .filter(vf -> !vf.pools().isEmpty()))
                .hasSize(16 * 124)
                .allMatch(vf -> vf.index() >= 4);
    }

    @Test
    void reportsVfsThatWereBoundBeforehandUnlessThePoolAdoptsThem() {
        rack.reserve(1, 0);
        rack.reserve(1, 1);
        PoolPolicy strict = pool("a", "eno1#0-7");
        PoolPolicy adopting = Rack.adopting(strict);

        PoolView refused = new PoolMembership(List.of(strict))
                .views(List.of(rack.inventory("h", strict)))
                .get(0);
        PoolView adopted = new PoolMembership(List.of(adopting))
                .views(List.of(rack.inventory("h", adopting)))
                .get(0);

        assertThat(refused.stocks()).containsExactly(new Stock(new HostName("h"), 6, 0, 2));
        assertThat(refused.findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.POOL_VFS_RESERVED);
            assertThat(f.message()).contains("2 VFs are bound to vfio-pci");
            assertThat(f.remedy()).contains("adopt: true");
        });
        assertThat(adopted.stocks()).containsExactly(new Stock(new HostName("h"), 8, 0, 0));
        assertThat(adopted.findings()).isEmpty();
    }

    @Test
    void reportsPfsThatArePortsOfABond() {
        rack.setMaster(1, "bond0", "bond");
        rack.setMaster(2, "br0", "bridge");
        rack.setMaster(3, "other0", "");
        PoolPolicy legs = pool("a", "eno1#0-7", "eno3#0");
        PoolPolicy bridged = pool("c", "eno2", "eno4");

        List<PoolView> views =
                new PoolMembership(List.of(legs, bridged)).views(List.of(rack.inventory("h", legs, bridged)));

        assertThat(views.get(0).findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.PF_IN_BOND);
            assertThat(f.severity()).isEqualTo(Severity.WARNING);
            assertThat(f.subject()).isEqualTo("pool a, host h");
            assertThat(f.message()).contains("eno1 of bond0, eno3 of other0");
        });
        assertThat(views.get(1).findings()).isEmpty();
    }

    @Test
    void reportsOverlappingPools() {
        PoolPolicy[] pools = {pool("a", "eno1#0-7"), pool("b", "eno1#6-9"), pool("c", "eno2")};

        List<PoolView> views = new PoolMembership(List.of(pools)).views(List.of(rack.inventory("h", pools)));

        assertThat(views.get(0).findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.POOLS_OVERLAP);
            assertThat(f.message()).contains("shares 2 VFs with b").contains(Rack.address(1, 6) + "");
        });
        assertThat(views.get(1).findings()).hasSize(1);
        assertThat(views.get(2).findings()).isEmpty();
    }

    @Test
    void reportsAPoolWithoutVfs() {
        PoolPolicy pool = pool("a", "ens9", "numa=9");

        assertThat(new PoolMembership(List.of(pool))
                        .views(List.of(rack.inventory("h", pool)))
                        .get(0)
                        .findings())
                .singleElement()
                .satisfies(f -> {
                    assertThat(f.code()).isEqualTo(FindingCode.POOL_WITHOUT_VFS);
                    assertThat(f.message()).contains("ens9, numa=9");
                });
    }

    @Test
    void reportsNothingWhileNoHostIsReadable() {
        assertThat(new PoolMembership(List.of(pool("a", "ens9")))
                        .views(List.of())
                        .get(0)
                        .findings())
                .isEmpty();
    }

    @Test
    void doesNotChangeEmulatedPools() {
        PoolPolicy trial =
                new PoolPolicy(new PoolName("trial"), PrimaryKind.EMULATED, List.of(), Optional.of("e1000e"));

        assertThat(new PoolMembership(List.of(trial)).views(List.of(rack.inventory("h", trial))))
                .containsExactly(PoolView.of(trial));
    }
}

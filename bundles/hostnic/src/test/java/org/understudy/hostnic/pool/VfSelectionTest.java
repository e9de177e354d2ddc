// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.hostnic.pool.Rack.pool;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;

class VfSelectionTest {
    private static final PoolName POOL = new PoolName("a");
    private final Rack rack = Rack.of(32, 128);

    private List<PciAddress> order(OptionalInt node, String... selectors) {
        return order(node, Optional.empty(), pool("a", selectors));
    }

    private List<PciAddress> order(OptionalInt node, Optional<MacAddress> mac, PoolPolicy pool) {
        return VfSelection.order(rack.inventory("alpha", pool), pool, node, mac).stream()
                .map(VfView::address)
                .toList();
    }

    @Test
    void returnsEveryFreeVfOfThePoolOnce() {
        assertThat(order(OptionalInt.empty(), "eno0", "eno1")).hasSize(256).doesNotHaveDuplicates();
    }

    @Test
    void omitsVfsThatAreNotFree() {
        rack.setState(0, 0, VfState.FAULT);
        rack.setState(0, 1, VfState.FOREIGN);
        rack.setState(0, 2, VfState.IN_USE);
        rack.setState(0, 3, VfState.LEASED);

        assertThat(order(OptionalInt.empty(), "eno0#0-4")).containsExactly(Rack.address(0, 4));
    }

    @Test
    void prefersTheNumaNodeOfTheVm() {
        assertThat(order(OptionalInt.of(1), "eno0#0-1", "eno1#0-1"))
                .containsExactly(Rack.address(1, 0), Rack.address(1, 1), Rack.address(0, 0), Rack.address(0, 1));
    }

    @Test
    void ordersUnusableVfsLast() {
        rack.setLinkDown(0);
        rack.vfs.replaceAll(
                vf -> vf.address().equals(Rack.address(1, 0)) ? Rack.vf(1, 0, VfioReadiness.NO_DRIVER) : vf);

        assertThat(order(OptionalInt.of(0), "eno0#0", "eno1#0", "eno3#0"))
                .startsWith(Rack.address(3, 0))
                .hasSize(3);
    }

    @Test
    void reportsTheObstacleIfNoVfIsUsable() {
        rack.setLinkDown(0);

        assertThat(VfSelection.obstacle(rack.inventory("alpha", pool("a", "eno0")), pool("a", "eno0")))
                .contains("PF eno0 has no link");
        PoolPolicy both = pool("a", "eno0", "eno1");
        assertThat(VfSelection.obstacle(rack.inventory("alpha", both), both)).isEmpty();
    }

    @Test
    void spreadsTheLeasesOfManyVmsEvenlyOverAllPfs() {
        for (int vm = 0; vm < 32 * 5; vm++) {
            PciAddress next = order(OptionalInt.empty(), "eno0", "vendor=8086", "vendor=15b3")
                    .get(0);
            rack.vfs.replaceAll(vf -> vf.address().equals(next) ? vf.as(VfState.LEASED, "test") : vf);
        }

        Map<PciAddress, Long> load = rack.vfs.stream()
                .filter(vf -> vf.state() == VfState.LEASED)
                .collect(Collectors.groupingBy(VfView::pf, Collectors.counting()));
        assertThat(load).hasSize(32).allSatisfy((pf, count) -> assertThat(count).isEqualTo(5));
    }

    @Test
    void countsLeasesOfOtherPoolsAsLoadToo() {
        rack.setState(0, 100, VfState.LEASED);

        assertThat(order(OptionalInt.empty(), "eno0#0", "eno2#0"))
                .containsExactly(Rack.address(2, 0), Rack.address(0, 0));
    }

    @Test
    void prefersTheFreeVfThatStillHasTheMacOfThePair() {
        MacAddress mac = new MacAddress("52:54:00:11:22:33");
        rack.vfs.replaceAll(vf -> vf.address().equals(Rack.address(0, 3)) ? Rack.withMac(vf, mac) : vf);

        assertThat(order(OptionalInt.empty(), Optional.of(mac), pool("a", "eno0#0-3")))
                .startsWith(Rack.address(0, 3))
                .hasSize(4);
    }

    @Test
    void offersVfsThatWereBoundBeforehandToAPoolThatAdoptsThem() {
        rack.reserve(0, 0);
        rack.reserve(0, 1);
        rack.vfs.replaceAll(vf -> vf.address().equals(Rack.address(0, 1)) ? vf.showing(List.of("open", "vfio")) : vf);
        PoolPolicy strict = pool("a", "eno0#0-1");

        assertThat(order(OptionalInt.empty(), Optional.empty(), strict)).isEmpty();
        assertThat(order(OptionalInt.empty(), Optional.empty(), Rack.adopting(strict)))
                .containsExactly(Rack.address(0, 0));
    }

    @Test
    void namesEachVfThatCannotBeLeasedWithItsReason() {
        PoolPolicy pool = pool("a", "eno0#0-2");
        rack.reserve(0, 0);
        rack.reserve(0, 2);
        rack.setState(0, 1, VfState.IN_USE);

        assertThat(VfSelection.reasons(rack.inventory("alpha", pool), POOL))
                .isEqualTo(
                        "0000:02:00.0, 0000:02:00.2 foreign: bound to vfio-pci without a lease; 0000:02:00.1 in use: test");
        assertThat(VfSelection.reasons(rack.inventory("alpha", pool("a", "ens9")), POOL))
                .isEqualTo("no VF matches its selectors");
    }

    @Test
    void returnsTheSameOrderForTheSameState() {
        assertThat(order(OptionalInt.of(0), "numa=0", "numa=1"))
                .isEqualTo(order(OptionalInt.of(0), "numa=0", "numa=1"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VfSelector;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;

class NicCommandsTest {
    private static final PoolName POOL = new PoolName("pool-a");
    private static final HostName ALPHA = new HostName("alpha");

    private final Terminal terminal = new Terminal();
    private final HostNics nics = mock(HostNics.class);

    private static VfView vf() {
        return new VfView(
                PciAddress.parse("01:10.2"),
                PciAddress.parse("01:00.0"),
                "eno1",
                1,
                VfState.LEASED,
                "",
                List.of(),
                List.of(POOL),
                "8086",
                "1520",
                Optional.of("vfio-pci"),
                Optional.empty(),
                Optional.of(new MacAddress("52:54:00:11:22:33")),
                OptionalInt.of(42),
                Optional.of("802.1Q"),
                Optional.of(true),
                Optional.of(true),
                OptionalInt.empty(),
                OptionalInt.of(17),
                Optional.of(false),
                List.of(),
                VfioReadiness.READY,
                Optional.empty(),
                Optional.of(new VfView.Holder("web1", "ua-vf0", "server", 7, true)));
    }

    @BeforeEach
    void oneVfIsLeased() {
        Finding finding = Finding.of(FindingCode.NIC_ACCESS_LIMITED, "host beta", "beta is silent", "Wake it.");
        when(nics.inventories())
                .thenReturn(List.of(
                        new NicInventory(ALPHA, true, "command", List.of(), List.of(vf()), List.of()),
                        new NicInventory(new HostName("beta"), false, "none", List.of(), List.of(), List.of(finding))));
        when(nics.pools())
                .thenReturn(List.of(new PoolView(
                        POOL,
                        PrimaryKind.VF,
                        List.of(VfSelector.parse("eno1#0-6")),
                        Optional.empty(),
                        List.of(new PoolView.Stock(ALPHA, 6, 1, 0)),
                        List.of())));
    }

    private VfList vfList(String host) {
        VfList command = terminal.ready(new VfList());
        command.nics = nics;
        command.host = host;
        return command;
    }

    @Test
    void listsEveryVfWithItsHolder() {
        assertThat(vfList("").execute()).isNull();

        assertThat(terminal.text())
                .contains("0000:01:10.2", "eno1#1", "leased", "web1 ua-vf0", "52:54:00:11:22:33", "vfio-pci")
                .contains("beta is silent");
    }

    @Test
    void listsOneHostAlone() {
        assertThat(vfList("beta").execute()).isNull();

        assertThat(terminal.text()).contains("No VFs").doesNotContain("0000:01:10.2");
    }

    @Test
    void refusesAnUnknownHost() {
        assertThat(vfList("gamma").execute()).isEqualTo(ErrorCode.HOST_NOT_FOUND.exitCode());
    }

    @Test
    void printsTheInventoriesAsJson() {
        VfList command = vfList("alpha");
        command.json = true;

        command.execute();

        assertThat(terminal.text()).startsWith("JSON [NicInventory[host=alpha");
    }

    @Test
    void listsPoolsWithTheirFreeVfs() {
        PoolList command = terminal.ready(new PoolList());
        command.nics = nics;

        assertThat(command.execute()).isNull();

        assertThat(terminal.text()).contains("pool-a", "alpha", "eno1#0-6").containsPattern("6 .* 1 .* 0");
    }
}

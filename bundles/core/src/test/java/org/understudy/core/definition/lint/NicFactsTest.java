// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;

class NicFactsTest {
    private static final HostName HOST = new HostName("a");
    private static final PciAddress VF = PciAddress.parse("0000:41:10.2");

    /** Those of VFIO for one kind of NIC do; a driver for the host says nothing about VFIO. */
    @ParameterizedTest
    @CsvSource({"mlx5_vfio_pci, true", "pds-vfio-pci, true", "vfio-pci, false", "iavf, false"})
    void knowsFromItsDriverWhetherAVfCanBeMigratedByVfio(String driver, boolean expected) {
        NicFacts facts = new NicFacts();
        HostNics nics = mock(HostNics.class);
        when(nics.inventories())
                .thenReturn(List.of(new NicInventory(HOST, true, "test", List.of(), List.of(vf(driver)), List.of())));
        facts.setNics(nics);

        assertThat(facts.of(HOST).get(VF).nativeMigration()).contains(expected);
    }

    private static VfView vf(String driver) {
        return new VfView(
                VF,
                PciAddress.parse("0000:41:00.0"),
                "eno1",
                1,
                VfState.FREE,
                "",
                List.of(),
                List.of(),
                "15b3",
                "101e",
                Optional.of(driver),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                List.of(),
                VfioReadiness.READY,
                Optional.empty(),
                Optional.empty());
    }
}

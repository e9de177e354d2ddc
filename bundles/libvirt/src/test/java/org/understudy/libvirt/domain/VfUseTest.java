// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;

class VfUseTest {
    private static final Alias PRIMARY = new Alias("ua-vf0");

    private static VfUse use(String content) {
        String domain = "<domain>" + content + "</domain>";
        return VfUse.of(domain, domain, PRIMARY);
    }

    private static String nic(String address) {
        return "<devices><interface><source>" + address + "</source><alias name='ua-vf0'/></interface></devices>";
    }

    @Test
    void readsTheAssignedVf() {
        assertThat(use(nic("<address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x2'/>"))
                        .vf())
                .contains(PciAddress.parse("01:10.2"));
        assertThat(use(nic("<address type='pci' bus='1' slot='0x20'/>")).vf()).isEmpty();
        assertThat(use(nic("")).vf()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "KiB,1048576,KiB,1048575,true",
        "KiB,1048576,KiB,1048576,false",
        "GiB,1,MiB,1023,true",
        "GiB,1,MiB,1024,false",
        "GiB,1,unknown,1,false",
        "KiB,many,KiB,1,false"
    })
    void comparesTheMemoryLimitWithTheMemoryInTheirUnits(
            String unit, String memory, String limitUnit, String limit, boolean tooLow) {
        assertThat(use("<memory unit='%s'>%s</memory><memtune><hard_limit unit='%s'>%s</hard_limit></memtune>"
                                .formatted(unit, memory, limitUnit, limit))
                        .memoryLimitTooLow())
                .isEqualTo(tooLow);
    }
}

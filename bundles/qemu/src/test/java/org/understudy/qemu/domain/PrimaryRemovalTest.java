// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;

class PrimaryRemovalTest {
    private static final Alias PRIMARY = new Alias("ua-p");
    private static final String PORT = "<controller type='pci' index='1' model='pcie-root-port'/>";
    private static final String STANDBY = "<interface type='user'><mac address='52:54:00:11:22:33'/><model"
            + " type='virtio'/><teaming type='persistent'/><alias name='ua-s'/></interface>";
    private static final String ADDRESS = "<address type='pci' bus='0x01' slot='0x00' function='0x0'/>";
    private static final String OTHER =
            "<interface type='user'><mac address='52:54:00:11:22:44'/><model type='virtio'/></interface>";

    @Test
    void removesAPrimaryWhosePairWasSwitchedOff() {
        String off = domain(PORT + STANDBY + OTHER);

        assertThat(PrimaryRemoval.from(domain(PORT + STANDBY + primary(ADDRESS) + OTHER), off, PRIMARY))
                .contains(off);
    }

    @Test
    void keepsAPrimaryThatTheStoredDefinitionHas() {
        String on = domain(PORT + STANDBY + primary(ADDRESS));

        assertThat(PrimaryRemoval.from(on, on, PRIMARY)).isEmpty();
    }

    @Test
    void keepsAPrimaryWithoutWhichAnotherDeviceWouldMove() {
        String off = domain(STANDBY + OTHER);

        assertThat(PrimaryRemoval.from(domain(STANDBY + primary("") + OTHER), off, PRIMARY))
                .isEmpty();
        // The root port that its address implies.
        assertThat(PrimaryRemoval.from(domain(STANDBY + OTHER + primary(ADDRESS)), off, PRIMARY))
                .isEmpty();
    }

    @Test
    void removesNothingButPrimaries() {
        String live = domain(PORT + STANDBY);

        assertThat(PrimaryRemoval.from(live, domain(PORT), new Alias("ua-s"))).isEmpty();
        assertThat(PrimaryRemoval.from(live, domain(PORT), PRIMARY)).isEmpty();
    }

    private static String primary(String address) {
        return "<interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000e'/><teaming type='transient'"
                + " persistent='ua-s'/><alias name='ua-p'/><rom enabled='no'/>" + address + "</interface>";
    }

    private static String domain(String devices) {
        return "<domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory><os><type machine='q35'>hvm</type></os>"
                + "<devices>" + devices + "<memballoon model='none'/></devices></domain>";
    }
}

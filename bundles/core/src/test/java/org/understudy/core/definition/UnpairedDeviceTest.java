// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnpairedDeviceTest {
    private static final String VF =
            "<source><address type='pci' domain='0x0000' bus='0x01' slot='0x11' function='0x4'/></source>";
    private static final String MAC = "<mac address='52:54:00:44:00:02'/>";

    @Test
    void findsVfsAndOtherDevicesOfTheHost() {
        assertThat(labels("<interface type='hostdev'>" + MAC + VF + "</interface>"))
                .containsExactly("interface 52:54:00:44:00:02 (0000:01:11.4)");
        assertThat(labels("<hostdev mode='subsystem' type='pci'>" + VF + "</hostdev>"))
                .containsExactly("hostdev 0000:01:11.4");
        assertThat(labels("<hostdev mode='subsystem' type='mdev'><alias name='hostdev1'/></hostdev>"))
                .containsExactly("hostdev hostdev1");
        assertThat(labels("<interface type='network'>" + MAC + "<source network='vfs'/></interface>"))
                .containsExactly("interface 52:54:00:44:00:02 (vfs)");
    }

    @Test
    void leavesOutPrimariesAndEmulatedNics() {
        assertThat(labels("<interface type='hostdev'>" + VF
                        + "<teaming type='transient' persistent='ua-a'/></interface>"))
                .isEmpty();
        assertThat(labels("<interface type='network'>" + MAC + "<source network='default'/></interface>"))
                .isEmpty();
        assertThat(labels("<interface type='network'>" + MAC + "<source network='vfs'/>"
                        + "<teaming type='persistent'/><alias name='ua-a'/></interface>"))
                .isEmpty();
        assertThat(labels("<interface type='bridge'>" + MAC + "<source bridge='vfs'/></interface>"))
                .isEmpty();
        assertThat(labels("<hostdev mode='subsystem' type='usb'/>")).isEmpty();
    }

    private static List<String> labels(String devices) {
        String definition = "<domain><name>vm</name><devices>" + devices + "</devices></domain>";
        return UnpairedDevice.of(definition, Set.of("vfs")).stream()
                .map(UnpairedDevice::label)
                .toList();
    }
}

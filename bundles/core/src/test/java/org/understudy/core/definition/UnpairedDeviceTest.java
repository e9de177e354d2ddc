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
        assertThat(labels("<hostdev mode='subsystem' type='mdev'><source><address uuid='1'/></source><alias"
                        + " name='hostdev1'/></hostdev>"))
                .containsExactly("hostdev hostdev1");
        assertThat(labels("<interface type='network'>" + MAC + "<source network='vfs'/></interface>"))
                .containsExactly("interface 52:54:00:44:00:02 (vfs)");
    }

    @Test
    void findsDevicesOfTheHostThatAreNoHostdevs() {
        assertThat(
                        labels(
                                "<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'><address"
                                        + " domain='0x0000' bus='0x3d' slot='0x00' function='0x0'/></source><target dev='vda'/></disk>"))
                .containsExactly("disk 0000:3d:00.0");
        assertThat(labels("<hostdev mode='subsystem' type='scsi_host'><alias name='hostdev0'/></hostdev>"
                        + "<hostdev mode='capabilities' type='misc'><alias name='hostdev1'/></hostdev>"))
                .containsExactly("hostdev hostdev0", "hostdev hostdev1");
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
        assertThat(labels("<interface type='vdpa'>" + MAC + "<source dev='/dev/vhost-vdpa-0'/></interface>"))
                .as("QEMU knows whether it can be migrated")
                .isEmpty();
        assertThat(labels("<disk type='file'><source file='/a'/></disk><hostdev mode='subsystem' type='scsi'/>"))
                .isEmpty();
    }

    @Test
    void findsDevicesInArgumentsForQemu() {
        String definition = "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><name>vm</name><devices/>"
                + "<q:commandline><q:arg value='-device'/><q:arg value='vfio-pci,host=01:10.0'/>"
                + "<q:arg value='virtio-net-pci,id=a'/></q:commandline></domain>";

        assertThat(UnpairedDevice.of(definition, Set.of()))
                .extracting(UnpairedDevice::label)
                .containsExactly("commandline vfio-pci,host=01:10.0");
    }

    private static List<String> labels(String devices) {
        String definition = "<domain><name>vm</name><devices>" + devices + "</devices></domain>";
        return UnpairedDevice.of(definition, Set.of("vfs")).stream()
                .map(UnpairedDevice::label)
                .toList();
    }
}

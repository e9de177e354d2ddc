// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.VmName;
import org.understudy.libvirt.domain.NodeDevice;
import org.understudy.libvirt.domain.VfUse;

/** Uses documents as libvirt 9 and 11 write them, and a file tree. */
final class VfioObstaclesTest {
    private static final Alias PRIMARY = new Alias("ua-vf0");
    private static final String CONFIGURED = """
            <domain type='kvm'><name>web1</name><memory unit='KiB'>163840</memory><devices>
              <interface type='network'><source network='pool'/><alias name='ua-vf0'/></interface>
            </devices></domain>""";
    private static final String LIVE = """
            <domain type='kvm' id='1'><name>web1</name><memory unit='KiB'>163840</memory><devices>
              <interface type='hostdev' managed='yes'>
                <source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x2'/></source>
                <alias name='ua-vf0'/>
              </interface>
            </devices><seclabel type='dynamic' model='dac' relabel='yes'><label>+64055:+64055</label></seclabel></domain>""";

    private static final String CONFINED = LIVE.replace(
            "</domain>",
            "<seclabel type='dynamic' model='apparmor' relabel='yes'><label>libvirt-1</label></seclabel></domain>");

    private static final String NONE_FOUND =
            "VF 0000:01:10.2 is assigned to QEMU by libvirt, and no obstacle was found";

    @TempDir
    private Path root;

    private static String device(String driver, String group) {
        return """
                <device>
                  <name>pci_0000_01_10_2</name>
                  <parent>pci_0000_00_02_0</parent>
                  %s
                  <capability type='pci'>
                    <class>0x020000</class>
                    <capability type='phys_function'><address domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></capability>
                    %s
                  </capability>
                </device>""".formatted(driver, group);
    }

    private static final String DRIVER = "<driver><name>vfio-pci</name></driver>";
    private static final String GROUP = "<iommuGroup number='7'/>";

    private static List<String> messages(String live, Optional<LocalVfioReader> here, Optional<String> device) {
        return new VfioObstacles(new HostName("a"), List.of(), Optional.of(true), here, vf -> {
                    assertThat(vf).isEqualTo(PciAddress.parse("01:10.2"));
                    return device.map(NodeDevice::of);
                })
                .of(new VmName("web1"), PRIMARY, VfUse.of(live, CONFIGURED, PRIMARY)).stream()
                        .map(Finding::message)
                        .toList();
    }

    @Test
    void namesQemusLogIfNoObstacleIsFound() {
        assertThat(messages(LIVE, Optional.empty(), Optional.of(device(DRIVER, GROUP))))
                .containsExactly(NONE_FOUND);
        assertThat(messages(CONFIGURED, Optional.empty(), Optional.empty()))
                .as("libvirt assigned no VF")
                .isEmpty();
    }

    @Test
    void reportsAVfThatIsMissingOrNotReady() {
        assertThat(messages(LIVE, Optional.empty(), Optional.empty()))
                .containsExactly("Host a has no device 0000:01:10.2");
        assertThat(messages(LIVE, Optional.empty(), Optional.of(device(DRIVER.replace("vfio-pci", "igbvf"), GROUP))))
                .containsExactly("VF 0000:01:10.2 is bound to igbvf, not to vfio-pci");
        assertThat(messages(LIVE, Optional.empty(), Optional.of(device("", ""))))
                .hasSize(2)
                .anyMatch(m -> m.contains("no IOMMU group"))
                .anyMatch(m -> m.contains("bound to no driver"));
    }

    @Test
    void reportsAppArmorForAVfOfALibvirtNetwork() {
        Optional<String> ready = Optional.of(device(DRIVER, GROUP));
        assertThat(messages(CONFINED, Optional.empty(), ready))
                .singleElement()
                .satisfies(m -> assertThat(m).contains("AppArmor"));
        VfUse named = VfUse.of(CONFINED, LIVE, PRIMARY);
        assertThat(named.blockedByAppArmor()).isFalse();
    }

    @Test
    void reportsAMemoryLimitBelowWhatVfioLocks() {
        String limited =
                LIVE.replace("<devices>", "<memtune><hard_limit unit='KiB'>100000</hard_limit></memtune><devices>");

        assertThat(messages(limited, Optional.empty(), Optional.of(device(DRIVER, GROUP))))
                .singleElement()
                .satisfies(m -> assertThat(m).contains("<hard_limit>"));
    }

    @Test
    void readsTheFilesOfThisMachine() throws IOException {
        Optional<LocalVfioReader> here = Optional.of(new LocalVfioReader(root));
        Optional<String> ready = Optional.of(device(DRIVER, GROUP));
        file("proc/interrupts", "  24:  0  PCI-MSI 32768-edge  eth0\n");
        assertThat(messages(CONFINED, here, ready))
                .anyMatch(m -> m.contains("VFIO is unavailable"))
                .anyMatch(m -> m.contains("does not remap interrupts"))
                .anyMatch(m -> m.contains("AppArmor"));

        file("dev/vfio/vfio", "");
        file("proc/interrupts", "  24:  0  IR-PCI-MSI 32768-edge  eth0\n");
        Path shipped = Path.of("../../hooks/libvirt/apparmor/understudy-vfio");
        file("etc/apparmor.d/abstractions/libvirt-qemu.d/understudy-vfio", Files.readString(shipped));
        assertThat(messages(CONFINED, here, ready)).containsExactly(NONE_FOUND);
    }

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void reportsAppArmorOrThatItCannotBeRead() {
        assertThat(host(Optional.of(new LocalVfioReader(root))))
                .anyMatch(f -> f.remedy().contains("understudy-vfio"));
        assertThat(host(Optional.empty()))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("cannot be read remotely"));
    }

    @Test
    void reportsMissingVfioOfARemoteHost() {
        VfioObstacles without = new VfioObstacles(
                new HostName("a"), List.of(), Optional.of(false), Optional.empty(), vf -> Optional.empty());

        assertThat(without.onHost())
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("VFIO is unavailable on host a"));
    }

    private static List<Finding> host(Optional<LocalVfioReader> here) {
        return new VfioObstacles(new HostName("a"), List.of("apparmor"), Optional.empty(), here, vf -> Optional.empty())
                .onHost();
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.libvirt.Network;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;

/** Runs against libvirt's test driver; its networks have no users, so a network in use is tested in the lab. */
final class PoolNetworksTest {
    private static final PoolName POOL = new PoolName("vf-pool");
    private static final PciAddress VF0 = PciAddress.parse("0000:01:10.0");
    private static final PciAddress VF1 = PciAddress.parse("0000:3b:02.7");

    private LibvirtHost host;
    private Connect other;

    @BeforeEach
    void open() throws LibvirtException {
        host = (LibvirtHost) TestHosts.open();
        other = new Connect("test:///default");
    }

    @AfterEach
    void close() throws LibvirtException {
        if (exists()) {
            Network network = other.networkLookupByName("vf-pool");
            network.destroy();
            network.undefine();
        }
        other.close();
        host.close();
    }

    private boolean exists() throws LibvirtException {
        return List.of(other.listNetworks()).contains("vf-pool");
    }

    private String xml() throws LibvirtException {
        return other.networkLookupByName("vf-pool").getXMLDesc(0);
    }

    private List<Finding> keep(PciAddress... vfs) {
        return host.keep(Map.of(POOL, List.of(vfs)));
    }

    @Test
    void createsAnActiveNetworkWithAutostart() throws LibvirtException {
        assertThat(keep(VF0, VF1)).isEmpty();

        assertThat(host.facts().vfNetworks()).containsExactly("vf-pool");
        assertThat(xml())
                .contains(
                        "<forward mode='hostdev' managed='yes'>",
                        "bus='0x01' slot='0x10' function='0x0'",
                        "bus='0x3b' slot='0x02' function='0x7'");
        assertThat(other.networkLookupByName("vf-pool").getAutostart()).isTrue();
    }

    @Test
    void updatesTheVfsAndKeepsTheUuid() throws LibvirtException {
        keep(VF0, VF1);
        String uuid = other.networkLookupByName("vf-pool").getUUIDString();

        assertThat(keep(VF1)).isEmpty();

        assertThat(xml()).contains("bus='0x3b'").doesNotContain("bus='0x01'");
        assertThat(exists()).as("active").isTrue();
        assertThat(other.networkLookupByName("vf-pool").getUUIDString()).isEqualTo(uuid);
    }

    @Test
    void restartsAStoppedNetwork() throws LibvirtException {
        keep(VF0);
        AtomicBoolean changed = new AtomicBoolean();
        host.listen(() -> changed.set(true));
        other.networkLookupByName("vf-pool").destroy();
        await().untilTrue(changed);

        assertThat(keep(VF0)).isEmpty();

        assertThat(exists()).isTrue();
    }

    @Test
    void removesTheNetworkOfAnEmptyPool() throws LibvirtException {
        keep(VF0);

        assertThat(keep()).isEmpty();
        assertThat(keep()).as("again").isEmpty();

        assertThat(exists()).isFalse();
        assertThat(other.listDefinedNetworks()).doesNotContain("vf-pool");
    }

    @Test
    void doesNotChangeAForeignNetwork() throws LibvirtException {
        other.networkDefineXML("<network><name>vf-pool</name><forward mode='nat'/>"
                        + "<ip address='192.0.2.1' netmask='255.255.255.0'/></network>")
                .create();
        String before = xml();

        assertThat(keep(VF0)).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.NETWORK_NOT_KEPT);
            assertThat(f.message()).contains("not created by Understudy");
        });
        assertThat(keep()).as("no network of Understudy to remove").isEmpty();
        assertThat(xml()).isEqualTo(before);
    }
}

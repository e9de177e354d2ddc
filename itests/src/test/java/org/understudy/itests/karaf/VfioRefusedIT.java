// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.itests.Built;
import org.understudy.itests.lab.EmulatedHost;

/** A host whose IOMMU does not remap interrupts: libvirt calls the start a success and lists the VF. */
@Timeout(600)
class VfioRefusedIT {
    @Test
    void saysThatTheGuestHasNoVfWhateverLibvirtLists() throws Exception {
        String guest = Built.guest().toString();
        try (EmulatedHost host =
                        EmulatedHost.start("--libvirt", "--no-intremap", "--share", guest, "--memory", "3072");
                KarafServer server = new KarafServer(Built.distribution())) {
            host.output("chmod", "666", "/dev/kvm");
            host.output("sh", "-ec", """
                    echo "<network><name>vf-net</name><forward mode='hostdev' managed='yes'><pf dev='$1'/></forward></network>" >/tmp/net.xml
                    virsh net-define /tmp/net.xml
                    virsh net-start vf-net
                    """, "sh", host.pf());
            Rest rest = server.startWith("""
                    hosts:
                      - name: alpha
                        connector: libvirt
                        uri: "qemu+unix:///system?socket=%s"
                    """.formatted(host.libvirtSocket()), 1);
            requireOk(rest.change("POST", "/api/v1/vms?host=alpha", definition(guest)));
            requireOk(rest.change("POST", "/api/v1/vms/web1/pair", "{\"nic\":\"only\",\"pool\":\"vf-net\"}"));
            requireOk(rest.change("POST", "/api/v1/vms/web1/start", ""));

            // For libvirt it was a success; once Understudy has tried again, libvirt may know better.
            assertThat(host.output("virsh", "dumpxml", "web1")).contains("type='hostdev'");

            server.awaitUntil(
                    "the truth", () -> pair(rest).get("health").asText().equals("fault"));
            assertThat(pair(rest).get("details").asText())
                    .contains("QEMU does not have", "interrupt remapping", "/var/log/libvirt/qemu/web1.log");
            assertThat(host.output("cat", "/var/log/libvirt/qemu/web1.log")).contains("vfio");
        }
    }

    private static JsonNode pair(Rest rest) throws Exception {
        return rest.json("/api/v1/vms/web1").at("/pairs/0");
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    private static String definition(String guest) {
        return """
                <domain type='kvm'>
                  <name>web1</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>console=ttyS0 quiet</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='host-passthrough'/>
                  <devices>
                    <controller type='usb' model='none'/>
                    <interface type='bridge'>
                      <mac address='52:54:00:11:22:66'/>
                      <source bridge='br0'/>
                      <model type='virtio'/>
                    </interface>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(guest);
    }
}

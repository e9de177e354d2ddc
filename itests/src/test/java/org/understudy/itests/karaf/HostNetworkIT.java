// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.itests.Built;
import org.understudy.itests.lab.SriovLab;

/** Two SR-IOV hosts where libvirt's own networks hand out the VFs, and a server without any pool. */
@Timeout(900)
class HostNetworkIT {
    private static final String VF_IN_USE = "ls -d /sys/bus/pci/drivers/vfio-pci/0000:* 2>/dev/null | wc -l";

    @Test
    void startsAndMovesAVmWhoseVfsLibvirtPicks() throws Exception {
        Built.guest();
        try (SriovLab lab = SriovLab.start();
                KarafServer server = new KarafServer(Built.distribution())) {
            Rest rest = server.startWith(lab.hosts(), 2);
            requireOk(rest.change("POST", "/api/v1/vms?host=alpha", definition(lab)));
            HttpResponse<String> on =
                    rest.change("POST", "/api/v1/vms/web1/pair", "{\"nic\":\"only\",\"pool\":\"vf-pool\"}");
            requireOk(on);
            assertThat(on.body()).contains("vf-not-set-up");
            requireOk(rest.change("POST", "/api/v1/vms/web1/start", ""));
            TestGuest guest = new TestGuest(rest, "web1");
            guest.awaitActive();
            assertThat(lab.output("alpha", "sh", "-c", VF_IN_USE)).isEqualTo("1");

            JsonNode moved = rest.json(guest.migrate("beta"));

            assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
            assertThat(guest.place()).isEqualTo("running on beta");
            assertThat(lab.output("beta", "sh", "-c", VF_IN_USE)).isEqualTo("1");
            assertThat(lab.output("alpha", "sh", "-c", VF_IN_USE)).isEqualTo("0");
            assertThat(lab.output("beta", "virsh", "net-dumpxml", "vf-pool")).contains("connections='1'");
        }
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    private static String definition(SriovLab lab) {
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
                  <features><acpi/><apic/></features>
                  <cpu mode='host-passthrough'/>
                  <devices>
                    <controller type='usb' model='none'/>
                    <interface type='bridge'>
                      <mac address='52:54:00:11:22:33'/>
                      <source bridge='br0'/>
                      <model type='virtio'/>
                    </interface>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(lab.guest());
    }
}

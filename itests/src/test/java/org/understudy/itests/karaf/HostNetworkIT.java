// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;
import org.understudy.itests.lab.SriovLab;

/** Two SR-IOV hosts with VFs from libvirt networks: those of the hosts, and one that the server creates from its pool. */
@Tag("two-hosts")
@ExtendWith(SharedLab.class)
@Order(1)
@Timeout(900)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HostNetworkIT {
    private static final String VF_IN_USE = "ls -d /sys/bus/pci/drivers/vfio-pci/0000:* 2>/dev/null | wc -l";

    private static LabServer shared;
    private static SriovLab lab;
    private static KarafServer server;
    private static Rest rest;

    @BeforeAll
    static void start(LabServer given) throws Exception {
        shared = given;
        lab = shared.lab;
        server = shared.server;
        rest = shared.rest;
        shared.configure("");
        server.awaitUntil(
                "no pool of its own", () -> !rest.get("/api/v1/pools").body().contains("pool-a"));
    }

    @Test
    @Order(1)
    void startsAndMovesAVmWhoseVfsLibvirtPicks() throws Exception {
        HttpResponse<String> on = definePair("web1", "vf-pool");
        assertThat(on.body()).contains("vf-not-set-up");
        requireOk(rest.change("POST", "/api/v1/vms/web1/start", ""));

        TestGuest guest = requireMoved("web1");

        assertThat(connections("beta", "vf-pool")).isEqualTo("1");
        requireOk(rest.change("POST", "/api/v1/vms/web1/destroy", ""));
        server.awaitUntil("its end", () -> guest.place().equals("shutoff on beta"));
    }

    @Test
    @Order(2)
    void makesANetworkOfAPoolFromWhichLibvirtAloneStartsAVm() throws Exception {
        configure("true");
        server.awaitUntil("the network on both hosts", () -> vfs("alpha") == 6 && vfs("beta") == 6);
        HttpResponse<String> on = definePair("web2", "pool-a");
        assertThat(on.body()).contains("vf-not-set-up");

        lab.output("alpha", "virsh", "-q", "start", "web2");

        requireMoved("web2");
        assertThat(connections("beta", "pool-a")).isEqualTo("1");
        assertThat(rest.get("/api/v1/vfs").body()).as("nothing is leased").doesNotContain("\"ours\":true");
    }

    @Test
    @Order(3)
    void removesTheNetworkThatItMadeOnceNoVmUsesIt() throws Exception {
        configure("false");
        server.awaitUntil("its end on alpha", () -> !networks("alpha").contains("pool-a"));
        server.awaitUntil(
                "what stands in the way on beta",
                () -> rest.get("/api/v1/doctor").body().contains("network-not-kept"));
        assertThat(networks("beta")).contains("pool-a");

        requireOk(rest.change("POST", "/api/v1/vms/web2/destroy", ""));

        server.awaitUntil("its end on beta", () -> !networks("beta").contains("pool-a"));
        server.awaitUntil("peace", () -> !rest.get("/api/v1/doctor").body().contains("network-not-kept"));
        assertThat(networks("beta")).as("one of another client").contains("vf-pool");
    }

    private static void configure(String network) throws Exception {
        shared.configure("""
                pools:
                  - {name: pool-a, select: ["enp1s0#0-5"], network: %s}
                """.formatted(network));
    }

    private static String networks(String host) {
        return lab.output(host, "virsh", "-q", "net-list", "--all", "--name");
    }

    private static int vfs(String host) {
        return lab.output(host, "virsh", "net-dumpxml", "pool-a").split("<address type='pci'", -1).length - 1;
    }

    private static String connections(String host, String network) {
        return lab.output(
                host,
                "sh",
                "-c",
                "virsh net-dumpxml " + network + " | sed -n \"s/<network connections='\\(.*\\)'>/\\1/p\"");
    }

    private static HttpResponse<String> definePair(String name, String pool) throws Exception {
        requireOk(rest.change("POST", "/api/v1/vms?host=alpha", definition(name)));
        HttpResponse<String> on =
                rest.change("POST", "/api/v1/vms/" + name + "/pairs", "{\"nic\":\"only\",\"pool\":\"" + pool + "\"}");
        requireOk(on);
        return on;
    }

    private static TestGuest requireMoved(String name) throws Exception {
        TestGuest guest = new TestGuest(rest, name);
        guest.awaitActive();
        assertThat(lab.output("alpha", "sh", "-c", VF_IN_USE)).isEqualTo("1");

        JsonNode moved = rest.json(guest.migrate("beta"));

        assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
        assertThat(guest.place()).isEqualTo("running on beta");
        assertThat(lab.output("beta", "sh", "-c", VF_IN_USE)).isEqualTo("1");
        assertThat(lab.output("alpha", "sh", "-c", VF_IN_USE)).isEqualTo("0");
        return guest;
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    private static String definition(String name) {
        return """
                <domain type='kvm'>
                  <name>%2$s</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>%3$s</cmdline>
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
                """.formatted(lab.guest(), name, Built.GUEST_OPTIONS);
    }
}

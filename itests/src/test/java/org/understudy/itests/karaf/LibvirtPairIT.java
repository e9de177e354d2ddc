// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;
import org.understudy.itests.lab.EmulatedHost;
import org.understudy.itests.lab.SharedHost;

/** A server outside an SR-IOV host with libvirt: a pair is added, and the guest runs on a VF that is leased for it. */
@Timeout(600)
@Order(Integer.MAX_VALUE)
@ExtendWith({SharedHost.class, SharedKaraf.class})
class LibvirtPairIT {
    private static final String VF_COMMAND = "/tmp/understudy-vf";
    private static final Duration FOLLOWED = Duration.ofSeconds(2);
    private static EmulatedHost host;
    private static KarafServer server;
    private static Rest rest;
    private static Path guest;

    @BeforeAll
    static void start(EmulatedHost shared, KarafServer karaf) throws Exception {
        guest = Built.guest();
        host = shared;
        host.copyIn(Built.vfCommand(), VF_COMMAND);
        server = karaf;
        rest = server.startWith(configuration(), 1);
    }

    @AfterAll
    static void end() throws Exception {
        if (host != null) {
            host.output("rm", "-f", VF_COMMAND);
        }
    }

    private static String configuration() throws IOException {
        String ssh = Files.readString(host.sshConfig());
        return """
                hosts:
                  - name: alpha
                    connector: libvirt
                    uri: "qemu+unix:///system?socket=%s"
                    nics:
                      access: ssh
                      address: %s
                      port: %s
                      user: %s
                      key: %s
                      known-hosts: %s
                      command: %s
                pools:
                  - name: pool-a
                    select: ["%s#0-5"]
                """.formatted(
                        host.libvirtSocket(),
                        field(ssh, "HostName"),
                        field(ssh, "Port"),
                        field(ssh, "User"),
                        field(ssh, "IdentityFile"),
                        field(ssh, "UserKnownHostsFile"),
                        VF_COMMAND,
                        host.pf());
    }

    private static String field(String config, String name) {
        Matcher line = Pattern.compile("(?m)^\\s*" + name + " (.*)$").matcher(config);
        assertThat(line.find()).as(name).isTrue();
        return line.group(1);
    }

    @Test
    void addsAPairAndRunsTheGuestOnItsLeasedVf() throws Exception {
        requireOk(rest.change("POST", "/api/v1/vms?host=alpha", definition()));
        requireOk(rest.change("POST", "/api/v1/vms/web1/pairs", "{\"nic\":\"only\",\"pool\":\"pool-a\"}"));
        server.awaitUntil(
                "free VFs",
                () -> rest.json("/api/v1/pools").at("/0/stocks/0/free").asInt() > 0);
        showsALeaseThatIsMadeAndReleasedOnTheHost();
        requireOk(rest.change("POST", "/api/v1/vms/web1/start", ""));
        new TestGuest(rest, "web1").awaitActive();

        assertThat(leased()).isEqualTo(1);
        assertThat(host.output("ip", "link", "show", host.pf())).contains("52:54:00:11:22:66");
        assertThat(host.output("virsh", "dumpxml", "web1")).contains("ua-", "type='hostdev'", "transient");

        addsAPairToTheRunningGuest();
        isShownInTheConsole();

        requireOk(rest.change("POST", "/api/v1/vms/web1/destroy", ""));
        server.awaitUntil("the VF given back", () -> leased() == 0);
        requireOk(rest.change("DELETE", "/api/v1/vms/web1", ""));
    }

    private static void showsALeaseThatIsMadeAndReleasedOnTheHost() throws Exception {
        String vf = "0000:01:10.0";
        String fencing = lease(vf);
        await().atMost(FOLLOWED).until(() -> leased() == 1);

        release(vf, fencing);
        await().atMost(FOLLOWED).until(() -> leased() == 0);
    }

    /** Leases a VF on its host, as another server does, and returns what releases it. */
    private static String lease(String vf) throws IOException {
        String lease = host.output(VF_COMMAND, "lease", vf, "--owner", "another-server", "--json");
        return new ObjectMapper().readTree(lease).get("fencing").asText();
    }

    private static void release(String vf, String fencing) {
        host.output(VF_COMMAND, "release", vf, "--owner", "another-server", "--fencing", fencing);
    }

    /** libvirt reports success for an update of the device, so the device is checked in QEMU. */
    private void addsAPairToTheRunningGuest() throws Exception {
        assertThat(effect(rest.change("DELETE", "/api/v1/vms/web1/pairs/only", "")))
                .isEqualTo("at-once");
        server.awaitUntil("the VF given back by the running guest", () -> leased() == 0);
        assertThat(host.output("virsh", "qemu-monitor-command", "web1", "--hmp", "info pci"))
                .doesNotContain("id \"ua-vf")
                .contains("id \"ua-");
        assertThat(rest.json("/api/v1/vms/web1").at("/pairs")).isEmpty();

        assertThat(effect(rest.change("POST", "/api/v1/vms/web1/pairs", "{\"nic\":\"only\",\"pool\":\"pool-a\"}")))
                .isEqualTo("at-once");
        new TestGuest(rest, "web1").awaitActive();
        assertThat(leased()).isEqualTo(1);
    }

    /** What only a VF and libvirt have; ConsoleIT tests the other parts of the page. */
    private static void isShownInTheConsole() throws Exception {
        String filtered = definition()
                .replace("web1", "filtered")
                .replace("11:22:66", "11:22:67")
                .replace("<source bridge='br0'/>", "<source bridge='br0'/><filterref filter='clean-traffic'/>");
        requireOk(rest.change("POST", "/api/v1/vms?host=alpha", filtered));
        String index = vf("/holder/vm", "web1").get("index").asText();
        host.output("ip", "link", "set", host.pf(), "vf", index, "trust", "on");
        // A change of a setting is no event: the server sees it when it reads the VFs because of another change.
        String other = vf("/state", "free").get("address").asText();
        release(other, lease(other));

        Browser.test(server, "vf", Map.of());

        host.output("ip", "link", "set", host.pf(), "vf", index, "trust", "off");

        requireOk(rest.change("DELETE", "/api/v1/vms/filtered", ""));
    }

    /** The first VF of the host with this value. */
    private static JsonNode vf(String path, String value) throws Exception {
        for (JsonNode vf : rest.json("/api/v1/vfs").at("/0/vfs")) {
            if (vf.at(path).asText().equals(value)) {
                return vf;
            }
        }
        throw new AssertionError("No VF has " + path + " " + value);
    }

    private static String effect(HttpResponse<String> response) throws IOException {
        requireOk(response);
        return new ObjectMapper().readTree(response.body()).path("effect").asText();
    }

    private static int leased() throws Exception {
        JsonNode pools = rest.json("/api/v1/pools");
        return pools.at("/0/stocks/0/leased").asInt();
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    private static String definition() {
        return """
                <domain type='kvm'>
                  <name>web1</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>%2$s</cmdline>
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
                """.formatted(guest, Built.GUEST_OPTIONS);
    }
}

// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.itests.Built;
import org.understudy.itests.lab.SriovLab;

/**
 * What Understudy is for: an ordinary VM gets a pair at the flip of a switch, runs on a VF, and moves from one SR-IOV
 * host with libvirt to the other and back while its network stays up.
 */
@Timeout(900)
class SeedScenarioIT {
    private static final String VF_IN_USE = "ls -d /sys/bus/pci/drivers/vfio-pci/0000:* 2>/dev/null | wc -l";
    private static SriovLab lab;
    private static KarafServer server;
    private static Rest rest;
    private static TestGuest guest;

    @BeforeAll
    static void start() throws Exception {
        // Only to skip where there is none; the lab brings its own.
        Built.guest();
        lab = SriovLab.start();
        server = new KarafServer(Built.distribution());
        int port = KarafServer.freeUdpPort();
        rest = server.startWith(lab.hosts() + """
                pools:
                  - {name: pool-a, select: ["enp1s0#0-5"]}
                probes:
                  web1: heartbeat:127.0.0.1:%d/1
                """.formatted(port), 2);
        requireOk(rest.change("POST", "/api/v1/vms?host=alpha", definition(port)));
        requireOk(rest.change("POST", "/api/v1/vms/web1/pair", "{\"nic\":\"only\",\"pool\":\"pool-a\"}"));
        server.awaitUntil("both hosts' VFs", () -> {
            JsonNode stocks = rest.json("/api/v1/pools").at("/0/stocks");
            return stocks.size() == 2
                    && stocks.findValuesAsText("free").stream().noneMatch("0"::equals);
        });
        requireOk(rest.change("POST", "/api/v1/vms/web1/start", ""));
        guest = new TestGuest(rest, "web1");
        guest.awaitActive();
    }

    @AfterAll
    static void end() throws Exception {
        if (server != null) {
            server.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void movesThereAndBackAndTheNetworkStaysUp() throws Exception {
        String here = guest.host();
        String there = other(here);
        for (String destination : new String[] {there, here}) {
            JsonNode moved = rest.json(guest.migrate(destination));

            assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
            assertThat(guest.place()).isEqualTo("running on " + destination);
            assertThat(lab.output(destination, "sh", "-c", VF_IN_USE)).isEqualTo("1");
            assertThat(lab.output(other(destination), "sh", "-c", VF_IN_USE)).isEqualTo("0");
            assertThat(moved.at("/networkGap/kind").asText()).as("%s", moved).isEqualTo("measured");
            // Without a detour everything is lost from the unplug until the VF is up there.
            assertThat(moved.at("/networkGap/longestGapMs").asDouble())
                    .as("%s", moved)
                    .isLessThan(moved.get("onStandbyMs").asDouble());
            System.err.printf(
                    "%s: downtime %s ms, on standby %s ms, gap %s%n",
                    destination, moved.get("downtimeMs"), moved.get("onStandbyMs"), moved.get("networkGap"));
        }
    }

    @Test
    void killedServerFindsTheMigrationAgainAndTellsTheTruth() throws Exception {
        String destination = other(guest.host());
        guest.awaitClear(destination);
        HttpResponse<String> started = rest.change(
                "POST", "/api/v1/migrations", "{\"vm\":\"web1\",\"destination\":\"%s\"}".formatted(destination));
        requireOk(started);
        String path = "/api/v1/migrations/"
                + Rest.JSON.readTree(started.body()).get("id").asText();
        server.awaitUntil(
                "the copy", () -> rest.json(path).at("/steps/3/state").asText().equals("running"));
        server.kill();
        server.start();
        server.awaitUntil("its end", () -> rest.json(path).has("outcome"));

        JsonNode moved = rest.json(path);
        assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
        assertThat(guest.place()).isEqualTo("running on " + destination);
        guest.awaitActive();
        server.awaitUntil("one VF leased", () -> {
            JsonNode stocks = rest.json("/api/v1/pools").at("/0/stocks");
            return stocks.findValuesAsText("leased").stream()
                            .mapToInt(Integer::parseInt)
                            .sum()
                    == 1;
        });
    }

    private static String other(String host) {
        return host.equals("alpha") ? "beta" : "alpha";
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    private static String definition(int port) {
        return """
                <domain type='kvm'>
                  <name>web1</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>console=ttyS0 quiet understudy.ip=10.88.0.50/24 understudy.gw=10.88.0.1 understudy.heartbeat=10.88.0.1:%2$d understudy.interval=50</cmdline>
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
                """.formatted(lab.guest(), port);
    }
}
